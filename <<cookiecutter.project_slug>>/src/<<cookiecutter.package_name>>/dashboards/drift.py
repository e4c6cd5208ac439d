"""Model quality, the part that needs no labels: drift and gaps in the data."""

from .panels import OF_LIMIT, Panel, bars, heat, lines
from .queries import MODEL, VERSION, Query, limit, of_limit


def drift_panels() -> list[Panel]:
    """Inputs and predictions against those of training."""
    score = f"max by (feature, namespace) (ml_feature_drift_score{{{VERSION}}})"
    return [
        lines(
            "Share of drifted features",
            "The dashed line is the limit (drift_share).",
            "percentunit",
            [
                Query(
                    f"max by (environment, model_version) (ml_drift_share{{{VERSION}}})",
                    "{{environment}} {{model_version}}",
                ),
                limit("drift_share"),
            ],
            step=True,
        ),
        bars(
            "Features that moved most, of the limit",
            "The score of each feature in parts of the limit of one feature (feature_drift_score): "
            "from 100 % it counts as drifted.",
            "percentunit",
            Query(f"topk(12, {of_limit(score, 'feature_drift_score')})", "{{feature}}"),
            steps=OF_LIMIT,
            top=1,
        ),
        lines(
            "Scores of the features that moved most",
            "0 means as in training. The dashed line is the limit of one feature "
            "(feature_drift_score).",
            "short",
            [
                Query(
                    f"topk(5, max by (feature) (ml_feature_drift_score{{{VERSION}}}))",
                    "{{feature}}",
                ),
                limit("feature_drift_score"),
            ],
            step=True,
        ),
        lines(
            "Shift of the predictions",
            "How far what is predicted has moved from training: as logged (monitoring) and as "
            "served in the last hours (live). The dashed line is the limit "
            "(prediction_drift_score).",
            "short",
            [
                Query(f"max(ml_prediction_drift_score{{{VERSION}}})", "monitoring"),
                Query(f"max(ml:prediction_shift:psi{{{MODEL}}})", "live"),
                limit("prediction_drift_score"),
            ],
        ),
        heat(
            "Scores that were predicted",
            "How many rows got which score: one column a time, one line a tenth. A band that "
            "moves or splits is a change in what the model says. Models that predict amounts have "
            "no scores.",
            "short",
            f"sum by (le) (increase(ml_prediction_score_bucket{{{VERSION}}}[$__rate_interval]))",
            width=16,
        ),
    ]


def data_panels() -> list[Panel]:
    """Gaps and values that cannot be."""
    return [
        bars(
            "Missing values by feature",
            "Share of rows without a value, of the features that have gaps or could have them.",
            "percentunit",
            Query(
                f"topk(12, max by (feature) (ml_feature_missing_share{{{VERSION}}}))", "{{feature}}"
            ),
        ),
        lines(
            "The most gaps in a feature",
            "Share of rows without a value, in the worst feature. The dashed line is the limit "
            "(missing_share).",
            "percentunit",
            [
                Query(f"max(ml_feature_missing_share{{{VERSION}}})", "worst feature"),
                limit("missing_share"),
            ],
            step=True,
        ),
        lines(
            "Values outside the known range",
            "Values a second that lie outside what the schema allows, and are refused.",
            "short",
            [
                Query(
                    "topk(8, sum by (feature) "
                    f"(rate(ml_feature_out_of_range_total{{{VERSION}}}[$__rate_interval])))",
                    "{{feature}}",
                )
            ],
        ),
    ]
