"""What a person chooses above a dashboard; later choices offer what the earlier ones leave."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from .queries import METRICS, MODEL

ALL = VariableOption(True, ["All"], ["$__all"])
# Series that every model has, wherever it runs.
SOURCE = "ml_model_info"


class Variable:
    """A builder as dashboards expect one, around a variable that is made already."""

    def __init__(self, made: VariableModel) -> None:
        self._made = made

    def build(self) -> VariableModel:
        return self._made


def sources(logs: bool = True) -> list[Variable]:
    """Where metrics and logs come from: names of data sources are the platform's."""
    found = [dashboard.DatasourceVariable("datasource").label("Metrics").type("prometheus")]
    if logs:
        found.append(dashboard.DatasourceVariable("logs").label("Logs").type("elasticsearch"))
    return [Variable(item.build()) for item in found]


def environment(model: str | None = None) -> Variable:
    """One or several environments of the model, or of all models."""
    chosen = "" if model is None else f'{{model_name="{model}"}}'
    return _values("environment", "Environment", f"{SOURCE}{chosen}", several=True)


def model(name: str) -> Variable:
    """The model; this repository's own at first."""
    own = VariableOption(True, name, name)
    return _values("model", "Model", SOURCE, label="model_name", current=own)


def team() -> Variable:
    """One or several teams, on dashboards of all models."""
    return _values("team", "Team", SOURCE, several=True)


def predictor() -> Variable:
    """The default predictor, and a canary or challenger if there is one."""
    return _values("predictor", "Predictor", f"{SOURCE}{{{MODEL}}}", several=True)


def version() -> Variable:
    """Versions of the model that were served in the time shown."""
    chosen = f"{SOURCE}{{{MODEL}}}"
    return _values("version", "Version", chosen, label="model_version", several=True)


def metric() -> Variable:
    """The measure of quality whose slices are shown."""
    return _values("metric", "Measure", f"ml_quality_reference{{{MODEL}}}")


def _values(
    name: str,
    title: str,
    series: str,
    *,
    label: str | None = None,
    several: bool = False,
    current: VariableOption | None = None,
) -> Variable:
    query = f"label_values({series},{label or name})"
    made = dashboard.QueryVariable(name).label(title).datasource(METRICS).query(query)
    made = made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    if several:
        # Written so that a regular expression around it, too, means every value.
        made = made.multi(True).include_all(True).all_value(".*").current(ALL)
    elif current is not None:
        made = made.current(current)
    return Variable(made.build())
