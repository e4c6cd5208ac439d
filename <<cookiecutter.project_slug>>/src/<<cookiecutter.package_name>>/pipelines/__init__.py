"""ZenML pipelines: nouns. Importing one makes ZenML ready for this repository."""

import atexit
import os
import sys
from pathlib import Path

# Before the first import of zenml: no telemetry, no hint to run `zenml init`, plain tracebacks.
os.environ.setdefault("ZENML_ANALYTICS_OPT_IN", "false")
os.environ.setdefault("ZENML_ENABLE_REPO_INIT_WARNINGS", "false")
os.environ.setdefault("ZENML_ENABLE_RICH_TRACEBACK", "false")
if not sys.stdout.isatty():
    os.environ.setdefault("ZENML_LOGGING_COLORS_DISABLED", "true")

from zenml.utils.source_utils import set_custom_source_root

# The package is installed from src/, so that steps are known by the names they are imported by,
# whether the run was started by `zenml pipeline run`, by make or from Python.
set_custom_source_root(str(Path(__file__).parents[2]))


def _skip_impossible_flush() -> None:
    """ZenML's log store has sent everything by now, but its handler would start a thread to flush.

    Python refuses new threads at exit (3.12) and the refusal would end every run in a traceback.
    """
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    LoggingHandler.flush = lambda handler: None


atexit.register(_skip_impossible_flush)
