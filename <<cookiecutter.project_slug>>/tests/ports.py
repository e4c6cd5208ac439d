"""Free ports for servers that cannot pick one themselves.

Between a look and the server's start, seconds may pass. So the ports are below those that Linux
gives to connections and to whoever asks for any port, each process of a parallel run has some of
its own, and none is used twice before all others were.
"""

import itertools
import os
import random
import socket

# Linux gives those from 32768 on.
_FIRST, _SHARE, _SHARES = 20000, 1000, 12
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
# From anywhere, so that two runs side by side hardly meet.
_NEXT = itertools.count(random.randrange(_SHARE))


def free_port() -> int:
    """A port of this machine that nobody uses."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many ports of this machine that nobody uses."""
    found: list[int] = []
    for step in itertools.islice(_NEXT, _SHARE):
        port = _FIRST + _WORKER * _SHARE + step % _SHARE
        if _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} free ports among {_SHARE} from {_FIRST + _WORKER * _SHARE}")


def _is_free(port: int) -> bool:
    # As the strictest servers ask for it: on all addresses, and not while a connection that was
    # closed a moment ago still holds it (Seldon's gRPC server fails on one and tells nobody).
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
