"""The fleet's dashboard by code: every model of every team on one page.

python observability/grafana/fleet.py PACKAGE FILE

PACKAGE is that of any generated repository, whose panels are used here, so that a team's dashboards
and the fleet's look alike. `make dashboards` runs it and writes fleet.json.
"""

import importlib
import sys
from pathlib import Path

CHOSEN = 'environment=~"$environment",team=~"$team"'
MODEL = "environment, model_name"
NAME = "{{model_name}} {{environment}}"


class Fleet:
    """Rows of the dashboard, made of the panels of one package."""

    def __init__(self, package: str) -> None:
        dashboards = f"{package}.dashboards"
        self.panels = importlib.import_module(f"{dashboards}.panels")
        self.queries = importlib.import_module(f"{dashboards}.queries")
        self.variables = importlib.import_module(f"{dashboards}.variables")
        self.writing = importlib.import_module(f"{dashboards}.writing")

    def text(self) -> str:
        """The dashboard as it is committed."""
        of = self.variables
        choices = [*of.sources(logs=False), of.environment(), of.team()]
        board = self.writing.build(
            "All models",
            "ml-fleet",
            "Which models need somebody? Their own dashboards say why.",
            [
                self.panels.Row("Now", self.now()),
                self.panels.Row("Every model", self.every_model()),
                self.panels.Row("What serves", self.serving()),
            ],
            choices,
            ["fleet"],
        )
        return self.writing.text(board)

    def now(self) -> list:
        """How many there are, and how many need somebody."""
        number, query, steps = self.panels.number, self.queries.Query, ((None, "green"), (1, "red"))
        late = (
            f"time() - max by (namespace) (ml_monitor_last_success_timestamp_seconds{{{CHOSEN}}})"
            ' > on (namespace) ml:threshold{name="monitor_age_seconds"}'
        )
        drifted = (
            f"max by (namespace) (ml_drift_share{{{CHOSEN}}})"
            ' > on (namespace) ml:threshold{name="drift_share"}'
        )
        return [
            number(
                "Models that serve",
                "A model counts once for each environment.",
                "short",
                query(f"count(group by (namespace) (ml_model_info{{{CHOSEN}}}))", "models"),
            ),
            number(
                "Requests a second",
                "Requests for predictions of all models.",
                "reqps",
                query(f"sum(ml:requests:rate5m{{{CHOSEN}}})", "requests"),
            ),
            number(
                "Error budget used up",
                "Models that failed more often in three days than they may.",
                "short",
                query(f"count(ml:error_budget:burn_rate3d{{{CHOSEN}}} > 1) or vector(0)", "models"),
                steps=steps,
            ),
            number(
                "Drifted",
                "Models with more drifted features than their limit.",
                "short",
                query(f"count({drifted}) or vector(0)", "models"),
                steps=steps,
            ),
            number(
                "Monitoring is late",
                "Models whose monitoring has not ended well for longer than its limit.",
                "short",
                query(f"count({late}) or vector(0)", "models"),
                steps=steps,
            ),
            number(
                "Critical alerts",
                "Alerts that wake somebody.",
                "short",
                query(
                    'count(ALERTS{alertstate="firing",severity="critical",'
                    f"{CHOSEN}}}) or vector(0)",
                    "alerts",
                ),
                steps=steps,
            ),
        ]

    def every_model(self) -> list:
        """One bar a model."""
        bars, query, of_limit = self.panels.bars, self.queries.Query, self._of_limit
        part = ((None, "green"), (0.75, "orange"), (1, "red"))
        return [
            bars(
                "Error budget left, 3 days",
                "What is left of the failures that are allowed. An empty bar needs somebody.",
                "percentunit",
                query(
                    f"clamp_min(1 - max by ({MODEL}) (ml:error_budget:burn_rate3d{{{CHOSEN}}}), 0)",
                    NAME,
                ),
                steps=((None, "red"), (0.25, "orange"), (0.5, "green")),
                top=1,
            ),
            bars(
                "Drifted features, of the limit",
                "From 100 % the data no longer looks as in training.",
                "percentunit",
                query(of_limit("ml_drift_share", "drift_share"), NAME),
                steps=part,
                top=1,
            ),
            bars(
                "Time since monitoring, of the limit",
                "From 100 % nobody knows how the model does.",
                "percentunit",
                query(
                    of_limit(
                        "ml_monitor_last_success_timestamp_seconds",
                        "monitor_age_seconds",
                        "time() - ",
                    ),
                    NAME,
                ),
                steps=part,
                top=1,
            ),
            bars(
                "Age of the model, of the limit",
                "From 100 % it is to be trained again.",
                "percentunit",
                query(of_limit("ml:model_age_seconds", "model_age_seconds"), NAME),
                steps=part,
                top=1,
            ),
            self.panels.lines(
                "Requests by model",
                "Requests for predictions a second.",
                "reqps",
                [query(f"sum by ({MODEL}) (ml:requests:rate5m{{{CHOSEN}}})", NAME)],
                stacked=True,
            ),
            self.panels.lines(
                "Share of failed requests by model",
                "Failed by the fault of the server.",
                "percentunit",
                [query(f"max by ({MODEL}) (ml:request_errors:ratio_rate5m{{{CHOSEN}}})", NAME)],
            ),
        ]

    def serving(self) -> list:
        """Versions, and alerts with whose they are."""
        grid, table = self.panels.grid, self.queries.table
        return [
            grid(
                "Versions",
                "Every version that answers now.",
                table(
                    "max by (environment, team, model_name, predictor, model_version) "
                    f"(ml_model_info{{{CHOSEN}}})"
                ),
                {
                    "model_name": "Model",
                    "environment": "Environment",
                    "predictor": "Predictor",
                    "model_version": "Version",
                    "team": "Team",
                },
            ),
            grid(
                "Alerts that fire now",
                "With the team that has to look.",
                table(
                    "max by (alertname, severity, environment, team, model_name) "
                    f'(ALERTS{{alertstate="firing",{CHOSEN}}})'
                ),
                {
                    "alertname": "Alert",
                    "severity": "Severity",
                    "model_name": "Model",
                    "environment": "Environment",
                    "team": "Team",
                },
            ),
        ]

    @staticmethod
    def _of_limit(series: str, name: str, before: str = "") -> str:
        """The worst of a model in parts of the limit of its environment."""
        worst = f"{before}max by (namespace, {MODEL}) ({series}{{{CHOSEN}}})"
        return f'({worst}) / on (namespace) group_left () ml:threshold{{name="{name}"}}'


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(Fleet(sys.argv[1]).text(), encoding="utf-8")
