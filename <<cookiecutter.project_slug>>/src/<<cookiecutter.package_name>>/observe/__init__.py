"""Seeing dashboards and alerts work before there is a cluster: `make observe`.

``finding`` lists every query of this repository, ``checking`` runs them against a live Prometheus;
``stack`` starts the real programs, ``page`` draws every panel from what they answer.
"""
