"""ZenML pipelines: nouns. Importing one makes ZenML ready for this repository."""

import atexit
import logging
import os
import sys
from pathlib import Path

# Before the first import of zenml: no telemetry, no hint to run `zenml init`, plain tracebacks.
os.environ.setdefault("ZENML_ANALYTICS_OPT_IN", "false")
os.environ.setdefault("ZENML_ENABLE_REPO_INIT_WARNINGS", "false")
os.environ.setdefault("ZENML_ENABLE_RICH_TRACEBACK", "false")
if not sys.stdout.isatty():
    os.environ.setdefault("ZENML_LOGGING_COLORS_DISABLED", "true")

from zenml.logger import ZenMLConsoleHandler
from zenml.utils.source_utils import set_custom_source_root

from .. import console

# The package is installed from src/, so that steps are known by the names they are imported by,
# whether the run was started by `zenml pipeline run`, by make or from Python.
set_custom_source_root(str(Path(__file__).parents[2]))

console.join()
if console.service() is not None:
    # Its lines would come a second time, with other names. The handler stays as it is: ZenML looks
    # for it, and what keeps the log of a step is another one.
    for _handler in logging.getLogger().handlers:
        if isinstance(_handler, ZenMLConsoleHandler):
            _handler.addFilter(lambda record: False)


def _skip_impossible_flush() -> None:
    """ZenML's log store has sent everything by now, but its handler would start a thread to flush.

    Python refuses new threads at exit (3.12) and the refusal would end every run in a traceback.
    """
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    LoggingHandler.flush = lambda handler: None


atexit.register(_skip_impossible_flush)
