"""Commands that try a release before it serves everybody: canary, ab, shadow.

Imported by every start of the command line, so what they need is imported where it is used.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .abtest import Result
    from .context import Context
    from .hypothesis import Hypothesis
    from .plans import Plan
    from .rollout_state import Rollout

Add = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    """Register the commands; ``add`` takes a name, a function and a sentence."""
    command = add("canary", canary, "give a release a growing share of an environment's traffic")
    command.add_argument("action", choices=("start", "step", "abort", "finish"))
    _add_common(command)
    command.add_argument("--reason", help="abort: kept with the blocked release")
    command.add_argument("--analysis-run", type=Path, help="abort: JSON of the failed analysis")
    command.add_argument("--automatic", action="store_true", help="nobody is asking: be careful")
    command.add_argument("--revision", help="automatic abort: the commit whose sync failed")
    command.add_argument("--finish", action="store_true", help="automatic step: end it as well")
    command = add("ab", ab, "compare two releases on callers, and apply the winner")
    command.add_argument("action", choices=("start", "decide", "stop"))
    _add_common(command)
    _add_hypothesis(command)
    _add_logs(command)
    command.add_argument("--reason", help="stop: why without a decision")
    command = add("shadow", shadow, "send copies of requests to a release that answers nobody")
    command.add_argument("action", choices=("start", "stop"))
    _add_common(command)
    command.add_argument("--share", type=int, default=100, help="percent of requests (100)")
    command.add_argument("--reason", help="stop: what was seen")


def canary(arguments: argparse.Namespace) -> int:
    from .cli import run_plan
    from .context import open_context
    from .rolling_back import read_reason
    from .rollout import plan_canary_start, plan_finish
    from .rollout_commands import abort_plan, step_plan

    context, target = open_context(), arguments.env
    aborts = arguments.action == "abort"
    given, path = arguments.reason, arguments.analysis_run
    reason, details = read_reason(given, path) if aborts else ("", "")

    def plan() -> "Plan":
        if arguments.action == "start":
            return plan_canary_start(context.base, target, context.now)
        if arguments.action == "step":
            return step_plan(context, target, arguments.automatic, arguments.finish)
        if arguments.action == "finish":
            return plan_finish(context.base, target)
        automatic, revision = arguments.automatic, arguments.revision
        return abort_plan(context, target, reason, details, automatic, revision)

    return run_plan(context, plan, arguments, details)


def ab(arguments: argparse.Namespace) -> int:
    from .cli import run_plan
    from .context import open_context
    from .rollout import plan_ab_start, plan_stop
    from .rollout_state import Sticky, new_cookie

    context, target = open_context(), arguments.env
    if arguments.action == "decide":
        return _decide(context, arguments)

    def plan() -> "Plan":
        if arguments.action == "stop":
            return plan_stop(context.base, target, arguments.reason or "stopped without a decision")
        hypothesis = _hypothesis(arguments)
        sticky = Sticky(arguments.cookie or new_cookie(context.now), arguments.cookie_days)
        needed = hypothesis.needed()
        print(" and ".join(f"{count:,} units of {name}" for name, count in needed.items()))
        return plan_ab_start(context.base, target, hypothesis, sticky, context.now)

    return run_plan(context, plan, arguments)


def shadow(arguments: argparse.Namespace) -> int:
    from .cli import run_plan
    from .context import open_context
    from .rollout import plan_shadow_start, plan_stop

    context, target = open_context(), arguments.env

    def plan() -> "Plan":
        if arguments.action == "start":
            return plan_shadow_start(context.base, target, arguments.share, context.now)
        return plan_stop(context.base, target, arguments.reason or "stopped")

    return run_plan(context, plan, arguments)


def _decide(context: "Context", arguments: argparse.Namespace) -> int:
    """Judge the test, write the report, and open what follows from it."""
    from .abtest_report import markdown, write_page
    from .cli import run_plan
    from .places import release_file
    from .plans import PlanError
    from .release import id_in
    from .rollout import plan_ab_winner, plan_stop
    from .rollout_files import running

    target = arguments.env
    context.base.environments.get(target)
    test = running(context.base, target)
    if test is None or test.hypothesis is None:
        raise PlanError(f"{test or 'nothing'} runs in {target}, so there is no A/B test to decide")
    result = _judge(context, arguments, test)
    present = id_in(context.base.read(release_file(target))) or "unknown"
    releases = {"default": present, "challenger": test.release}
    text = markdown(result, releases)
    folder = arguments.output or context.settings.reports
    page = folder / f"ab-{target}.html"
    write_page(result, releases, target, page)
    page.with_suffix(".md").write_text(text, encoding="utf-8")
    print(f"{result.verdict}: {'; '.join(result.reasons)}\nreport: {page}")
    if result.verdict in ("not yet", "refused"):
        return 1 if result.verdict == "refused" else 0
    won = result.verdict == "challenger"
    make = plan_ab_winner if won else plan_stop
    return run_plan(context, lambda: make(context.base, target, text), arguments, text)


def _judge(context: "Context", arguments: argparse.Namespace, test: "Rollout") -> "Result":
    from .abtest import evaluate
    from .abtest_log import UNIT_FIELDS, AbTestError, read_assignments, read_outcomes

    if not arguments.assignments:
        raise AbTestError("name the assignment log: --assignments FILE, the server's log will do")
    fields = tuple(arguments.unit_field) or UNIT_FIELDS
    assignments = read_assignments(arguments.assignments, test.started_at, fields)
    apart = arguments.outcomes
    kind = test.hypothesis.kind
    outcomes = read_outcomes(apart or arguments.assignments, kind, in_assignments=not apart)
    return evaluate(test.hypothesis, assignments, outcomes, test.started_at, context.now)


def _hypothesis(arguments: argparse.Namespace) -> "Hypothesis":
    from .hypothesis import Hypothesis, HypothesisError

    needed = ("outcome", "baseline", "minimum_effect")
    absent = [name for name in needed if getattr(arguments, name) is None]
    if absent:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in absent)
        raise HypothesisError(f"an A/B test needs its question before it starts: {options}")
    optional = ("deviation", "better", "power", "alpha", "share", "window_hours", "days", "missing")
    given = {name: getattr(arguments, name) for name in (*needed, *optional)}
    return Hypothesis(**given)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--env", required=True, metavar="ENVIRONMENT")
    command.add_argument("--replace", action="store_true", help="close what is in the way")
    command.add_argument("--merge", action="store_true", help="merge once the rules are kept")


def _add_hypothesis(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("start: what is asked, fixed from then on")
    group.add_argument("--outcome", help="name of what is measured for each unit")
    group.add_argument("--baseline", type=float, help="rate or mean that is expected of default")
    group.add_argument("--minimum-effect", type=float, help="absolute difference worth a change")
    group.add_argument("--deviation", type=float, help="of a mean: standard deviation of units")
    group.add_argument("--better", choices=("higher", "lower"), default="higher")
    group.add_argument("--power", type=float, default=0.8)
    group.add_argument("--alpha", type=float, default=0.05)
    group.add_argument("--share", type=int, default=50, help="percent for the challenger (50)")
    group.add_argument("--window-hours", type=float, default=0.0, help="an outcome counts so long")
    group.add_argument("--days", type=float, default=7.0, help="shortest time (7: all weekdays)")
    group.add_argument("--missing", choices=("excluded", "zero"), default="excluded")
    group.add_argument("--cookie", help="keeps callers with their variant; a new name if not given")
    group.add_argument("--cookie-days", type=int, default=30, help="how long (30)")


def _add_logs(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("decide: what happened")
    group.add_argument("--assignments", type=Path, nargs="+", help="log of answered requests")
    group.add_argument("--outcomes", type=Path, nargs="+", help="unit, outcome, at")
    group.add_argument("--unit-field", action="append", default=[], help="field of the unit's name")
    group.add_argument("--output", type=Path, help="folder of the report")
