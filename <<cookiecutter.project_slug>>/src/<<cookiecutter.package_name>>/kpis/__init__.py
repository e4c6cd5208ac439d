"""Business KPIs: what the model is worth in money, by ``observability/kpi.yaml``.

``file`` reads it, ``outcomes`` says how a decision turned out, ``formulas`` counts; ``figures`` are
those of a ``month``, and ``report`` writes them. ``recording_rules`` hands the same constants to
Prometheus, ``expected_value`` gives a release its figure.
"""
