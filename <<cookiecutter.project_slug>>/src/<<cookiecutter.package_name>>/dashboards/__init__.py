"""Dashboards by code: `make dashboards` writes them to observability/cluster/dashboards.

A dashboard is a list of rows of panels. ``panels`` makes the panels, ``queries`` the queries and
limits in them, ``writing`` places and numbers the panels and writes the JSON that Grafana reads.
"""
