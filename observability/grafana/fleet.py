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
        number, query = self.panels.number, self.queries.Query
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
            self._count(
                "Error budget used up",
                "Models that failed more often in three days than they may.",
                f"ml:error_budget:burn_rate3d{{{CHOSEN}}} > 1",
            ),
            self._count(
                "Drifted",
                "Models with more drifted features than their limit.",
                f"max by (namespace) (ml_drift_share{{{CHOSEN}}})"
                ' > on (namespace) ml:threshold{name="drift_share"}',
            ),
            self._count(
                "Monitoring is late",
                "Models whose monitoring has not ended well for longer than its limit.",
                "time() - max by (namespace) "
                f"(ml_monitor_last_success_timestamp_seconds{{{CHOSEN}}})"
                ' > on (namespace) ml:threshold{name="monitor_age_seconds"}',
            ),
            self._count(
                "Critical alerts",
                "Alerts that wake somebody.",
                f'ALERTS{{alertstate="firing",severity="critical",{CHOSEN}}}',
                "alerts",
            ),
        ]

    def every_model(self) -> list:
        """One bar a model."""
        of, query = self.panels, self.queries.Query
        return [
            of.bars(
                "Error budget left, 3 days",
                "What is left of the failures that are allowed. An empty bar needs somebody.",
                "percentunit",
                query(
                    f"clamp_min(1 - max by ({MODEL}) (ml:error_budget:burn_rate3d{{{CHOSEN}}}), 0)",
                    NAME,
                ),
                steps=((None, of.RED), (0.25, of.AMBER), (0.5, of.GREEN)),
                top=1,
            ),
            self._of_limit(
                "Drifted features, of the limit",
                "From 100 % the data no longer looks as in training.",
                "ml_drift_share",
                "drift_share",
            ),
            self._of_limit(
                "Time since monitoring, of the limit",
                "From 100 % nobody knows how the model does.",
                "ml_monitor_last_success_timestamp_seconds",
                "monitor_age_seconds",
                "time() - ",
            ),
            self._of_limit(
                "Age of the model, of the limit",
                "From 100 % it is to be trained again.",
                "ml:model_age_seconds",
                "model_age_seconds",
            ),
            of.lines(
                "Requests by model",
                "Requests for predictions a second.",
                "reqps",
                [query(f"sum by ({MODEL}) (ml:requests:rate5m{{{CHOSEN}}})", NAME)],
                stacked=True,
            ),
            of.lines(
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

    def _count(self, title: str, description: str, expr: str, what: str = "models"):
        """How many need somebody; none is 0 and not a gap."""
        of = self.panels
        query = self.queries.Query(f"count({expr}) or vector(0)", what)
        steps = ((None, of.GREEN), (1, of.RED))
        return of.number(title, description, "short", query, steps=steps)

    def _of_limit(self, title: str, description: str, series: str, name: str, before: str = ""):
        """The worst of a model in parts of the limit of its environment."""
        worst = f"{before}max by (namespace, {MODEL}) ({series}{{{CHOSEN}}})"
        limit = f'ml:threshold{{name="{name}"}}'
        query = self.queries.Query(f"({worst}) / on (namespace) group_left () {limit}", NAME)
        steps = self.panels.OF_LIMIT
        return self.panels.bars(title, description, "percentunit", query, steps=steps, top=1)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(Fleet(sys.argv[1]).text(), encoding="utf-8")
