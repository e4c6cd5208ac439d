"""Send what monitoring found to where alerts are decided."""

from typing import Annotated, Any

from zenml import get_step_context, step

from ..observations.measures import figures_of
from ..observations.state_files import FOLDER
from ..observations.volumes import Volumes, volume_figures
from ..pushing import MONITORING_JOB, finished, push
from ..settings import load_observability, load_settings
from .run_clock import seconds_so_far


@step(enable_cache=False)
def push_observation(
    observation: dict[str, Any], booked: dict[str, Any]
) -> Annotated[bool, "pushed"]:
    """Push all figures; False if no gateway is set.

    Raises ``PushError``: figures that nobody sees are an alarm that does not ring.
    """
    seconds = seconds_so_far()
    figures = figures_of(observation, booked, seconds)
    figures += volume_figures(Volumes(load_settings().monitoring_state / FOLDER))
    figures += finished(get_step_context().pipeline.name, seconds)
    return push(figures, MONITORING_JOB, load_observability())
