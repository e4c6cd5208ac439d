"""What decisions are worth and what the model costs, read from ``observability/kpi.yaml``.

The file says it once; the report, the recording rules and the rule of promotion all read it here.
"""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..yaml_lines import line_of, load_with_lines

KPI_FILE = Path("observability/kpi.yaml")
BINARY = ("tp", "fp", "tn", "fn")
CLASSES = ("correct", "incorrect")
NUMBER = ("within", "over", "under")
# The file is for one of these; which one is the schema's task.
_KINDS = (BINARY, CLASSES, NUMBER)
# Figures of the report, and figures that only a dashboard has: it measures live traffic.
REPORTED = {
    "model_value": "money",
    "net_benefit": "money",
    "roi": "number",
    "cost_per_1000": "money",
    "value_per_1000": "money",
    "precision": "share",
    "recall": "share",
    "correct_share": "share",
    "label_coverage": "share",
    "label_delay_days": "days",
}
LIVE = ("availability", "latency_p95_seconds", "drift_share", "model_age_days")


class KpiFileError(ValueError):
    """The KPI file is missing, broken or made for another task; names the file, line and key."""


class _Strict(BaseModel):
    # A misspelt key must be an error: an ignored "per_moth: 900" is a cost that nobody counts.
    # Strict, because "120" with quotes or `yes` would otherwise be read as numbers.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Baseline(_Strict):
    """What would be without the model, for the same cases.

    ``nobody``: every case is treated as negative; ``everybody``: as positive; ``former``: by an
    earlier way of deciding, whose outcomes were counted once in ``counts``; ``none``: worth 0.
    """

    policy: Literal["nobody", "everybody", "former", "none"]
    counts: dict[str, int] | None = None

    @model_validator(mode="after")
    def _counts_go_with_former(self) -> "Baseline":
        if (self.policy == "former") != (self.counts is not None):
            raise ValueError("policy former needs counts, and only that one has them")
        if self.counts is not None and min(self.counts.values(), default=-1) < 0:
            raise ValueError("counts must be 0 or more for every outcome")
        return self


class RunningCosts(_Strict):
    """Costs in the file's currency: ``cores`` and ``memory_gib`` run every hour of the month."""

    per_month: float = Field(0, ge=0)
    per_core_hour: float = Field(0, ge=0)
    cores: float = Field(0, ge=0)
    per_gib_hour: float = Field(0, ge=0)
    memory_gib: float = Field(0, ge=0)
    per_1000_predictions: float = Field(0, ge=0)


class BuildCost(_Strict):
    """What making the model has cost, and in how many months it is written off, evenly."""

    amount: float = Field(0, ge=0)
    months: int = Field(1, ge=1)


class Target(_Strict):
    """One inclusive bound, in the metric's own unit (shares from 0 to 1)."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_one_bound(self) -> "Target":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a target is either at_least or at_most")
        return self


class Indicator(_Strict):
    """One line of the KPI table: a technical metric, what it means in business, and whose it is."""

    metric: str
    kpi: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    target: Target | None = None

    @model_validator(mode="after")
    def _metric_is_known(self) -> "Indicator":
        if self.metric not in (*REPORTED, *LIVE):
            known = ", ".join((*REPORTED, *LIVE))
            raise ValueError(f"there is no metric {self.metric!r}; known: {known}")
        return self


class KpiFile(_Strict):
    """All of the file. ``outcomes`` maps an outcome to the worth of one such decision.

    ``tolerance`` is for a regression, in the target's unit: how far off is still "within".
    """

    currency: str = Field(pattern="^[A-Z]{3}$")
    outcomes: dict[str, float]
    tolerance: float | None = Field(None, gt=0)
    baseline: Baseline
    running_costs: RunningCosts
    build_cost: BuildCost
    minimum_labels: int = Field(ge=1)
    kpis: list[Indicator] = []

    @model_validator(mode="after")
    def _fits_together(self) -> "KpiFile":
        kinds = [kind for kind in _KINDS if set(kind) == set(self.outcomes)]
        if not kinds:
            choices = " or ".join(f"({', '.join(kind)})" for kind in _KINDS)
            raise ValueError(f"outcomes must be exactly {choices}")
        if (kinds[0] == NUMBER) != (self.tolerance is not None):
            raise ValueError(f"tolerance belongs to outcomes {', '.join(NUMBER)} and to no others")
        if self.baseline.policy in ("nobody", "everybody") and kinds[0] != BINARY:
            raise ValueError(
                f"baseline.policy {self.baseline.policy} is about a positive class; "
                "say former or none"
            )
        counts = self.baseline.counts
        if counts is not None:
            if set(counts) != set(self.outcomes):
                raise ValueError(f"baseline.counts must name {', '.join(self.outcomes)}")
            groups = (("tp", "fn"), ("fp", "tn")) if kinds[0] == BINARY else (kinds[0],)
            if empty := [g for g in groups if not sum(counts[name] for name in g)]:
                raise ValueError(f"baseline.counts has no case at all of {' or '.join(empty[0])}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The outcomes in their fixed order."""
        return next(kind for kind in _KINDS if set(kind) == set(self.outcomes))


def load_kpi(path: Path) -> KpiFile:
    """Read and check the file. Raises ``KpiFileError`` with one line for every problem."""
    try:
        content = load_with_lines(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KpiFileError(f"{path} does not exist; restore it from git") from None
    except UnicodeDecodeError as error:
        raise KpiFileError(f"{path} is not text in UTF-8: {error}") from error
    except yaml.YAMLError as error:
        raise KpiFileError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    try:
        return KpiFile.model_validate(content)
    except ValidationError as error:
        problems = [
            f"{path}, line {line_of(content, problem['loc'])}: "
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise KpiFileError("\n".join(problems)) from error
