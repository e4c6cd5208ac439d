"""The generated repository's server, whose telemetry can be switched while it serves.

    .venv/serve/bin/python part_of_telemetry.py PACKAGE [options of the server]

It begins without any; SIGUSR1 switches to the next of PARTS. One process serves all of them, since
two processes differ by more than what is measured here. Metrics are the model's own, and those of
every request by REST; logs are the line of a request and the event of each row.
"""

import signal
import sys
from importlib import import_module

PACKAGE = sys.argv[1]
# Name, with logs, with the model's own metrics, with those of requests by REST.
PARTS = (
    ("none", False, False, False),
    ("logs", True, False, False),
    ("own metrics", False, True, False),
    ("metrics", False, True, True),
    ("both", True, True, True),
)
LOGS, OWN, REST = 1, 2, 3
place = 0


def following(*_) -> None:
    global place
    place = (place + 1) % len(PARTS)


def only_with(part: int, function, otherwise):
    """The function while its part is on, else a plain value."""

    def chosen(*arguments):
        return function(*arguments) if PARTS[place][part] else otherwise

    return chosen


telemetry = import_module(f"{PACKAGE}.serving.telemetry")
for name in ("answered", "refused"):
    whole = getattr(telemetry.ModelMetrics, name)
    setattr(telemetry.ModelMetrics, name, only_with(OWN, whole, None))
telemetry.Telemetry._tell = only_with(LOGS, telemetry.Telemetry._tell, None)
RestMetrics = import_module(f"{PACKAGE}.serving.rest_metrics").RestMetrics
counted = RestMetrics.__call__


async def called(self, scope, receive, send):
    if PARTS[place][REST]:
        await counted(self, scope, receive, send)
    else:
        await self.app(scope, receive, send)


RestMetrics.__call__ = called
signal.signal(signal.SIGUSR1, following)
sys.exit(import_module(f"{PACKAGE}.serving.__main__").main(sys.argv[2:]))
