"""What follows from findings, as the configuration says."""

from datetime import UTC, datetime
from typing import Annotated, Any

from zenml import step

from ..observations.logged_settings import LoggedSettings
from ..observations.reactions import react
from ..settings import load_observability, load_settings


@step(enable_cache=False)
def answer_findings(
    observation: dict[str, Any], logged: LoggedSettings, pushed: bool
) -> Annotated[str, "answer"]:
    """What was done, in words. ``pushed`` is only there so that figures are out before.

    Raises ``ObservationError`` if it cannot be remembered, ``ForgeError`` if there is no issue.
    """
    settings, access = load_settings(), load_observability()
    return react(observation, logged.on_finding, settings, access, datetime.now(UTC))
