"""Logs, metrics, dashboards and alerts, proven with the real components."""
