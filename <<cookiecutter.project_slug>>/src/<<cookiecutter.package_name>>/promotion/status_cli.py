"""Commands that look at all environments: status, advance, recheck.

Imported by every start of the command line, so what they need is imported where it is used.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

Add = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    """Register the commands; ``add`` takes a name, a function and a sentence."""
    command = add("status", status, "what runs where, what waits, what differs")
    command.add_argument("--html", type=Path, help="also write a page that needs no server")
    command = add("advance", advance, "open what comes next after an environment is healthy")
    command.add_argument("--env", required=True, metavar="ENVIRONMENT")
    command.add_argument("--revision", required=True, help="the commit that was found healthy")
    add("recheck", recheck, "judge the open promotions again, and tell the forge")


def status(arguments: argparse.Namespace) -> int:
    from .context import open_context
    from .status import look
    from .status_table import table

    overview = look(open_context())
    print(table(overview))
    if arguments.html:
        from .status_page import write_page

        write_page(overview, arguments.html)
        print(f"\npage: {arguments.html}")
    return 0


def advance(arguments: argparse.Namespace) -> int:
    from .advance import next_commands
    from .context import open_context
    from .plans import NothingToDo

    context = open_context()
    deployed = context.snapshot(context.repository.resolve(arguments.revision))
    try:
        commands = next_commands(context.base, deployed, arguments.env)
    except NothingToDo as answer:
        print(f"nothing to do: {answer}")
        return 0
    # The command line itself imports this module.
    run = import_module("..__main__", __package__).main
    return max(run(command) for command in commands)


def recheck(arguments: argparse.Namespace) -> int:
    from .context import open_context
    from .rechecking import recheck as judge

    judged = judge(open_context())
    for pull, bad in judged:
        print(f"{'refused' if bad else 'ok'}: #{pull.number} {pull.title}")
        for finding in bad:
            print(finding)
    if not judged:
        print("no promotion is open")
    return 0
