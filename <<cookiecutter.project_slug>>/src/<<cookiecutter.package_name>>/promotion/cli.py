"""Commands that promote: release, promote, rollback, diff, check-promotion, report-deployment.

Imported by every start of the command line, so what they need is imported where it is used.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import Context
    from .findings import Finding
    from .plans import Plan

Add = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    """Register the commands; ``add`` takes a name, a function and a sentence."""
    command = add("release", release, "bring the champion into the first environment")
    command.add_argument("--image", required=True, help="the image by digest: NAME@sha256:...")
    command.add_argument("--bundle-uri", help="where the bundle is; otherwise where configs say")
    command.add_argument("--load-test", type=Path, help="result of `make load-test`")
    add_merging(command)
    command = add("promote", promote, "copy the release of the environment below to another one")
    command.add_argument("--to", required=True, metavar="ENVIRONMENT")
    command.add_argument("--release", help="the id that is meant; refused if another is there")
    add_merging(command)
    command = add("rollback", rollback, "restore an earlier release and block the present one")
    command.add_argument("--env", required=True, metavar="ENVIRONMENT")
    command.add_argument("--to", metavar="ID", help="otherwise the last one that is not blocked")
    command.add_argument("--reason", help="kept with the blocked release")
    command.add_argument("--analysis-run", type=Path, help="JSON of the analysis that failed")
    command.add_argument("--automatic", action="store_true", help="nobody is asking: be careful")
    command.add_argument("--revision", help="the commit whose deployment failed (automatic)")
    add_merging(command)
    command = add("diff", diff, "what differs between two environments")
    command.add_argument("--from", required=True, dest="source", metavar="ENVIRONMENT")
    command.add_argument("--to", required=True, metavar="ENVIRONMENT")
    command = add("check-promotion", check_promotion, "may this branch be merged? (exit 1: no)")
    command.add_argument("--branch", default="HEAD", help="branch or commit; otherwise HEAD")
    command.add_argument("--base", help="branch that it goes to; otherwise the default branch")
    command.add_argument("--set-status", action="store_true", help="tell the forge the result")
    command = add("report-deployment", report_deployment, "say how a deployment went, as Argo CD")
    command.add_argument("--env", required=True, metavar="ENVIRONMENT")
    command.add_argument("--commit", required=True, help="the commit that was deployed")
    command.add_argument("--state", required=True, choices=("success", "failure", "pending"))
    command.add_argument("--message", default="")


def release(arguments: argparse.Namespace) -> int:
    from ..bundle import verify_bundle
    from ..bundle_store import store_bundle
    from . import releasing
    from .context import open_context
    from .plans import plan_release

    context = open_context()
    champion = releasing.champion_of(context.settings)
    folder = releasing.folder_of(champion)
    manifest = verify_bundle(folder, champion.digest or None)
    made = releasing.make_release(
        context.settings, champion, manifest, arguments.image, arguments.bundle_uri
    )
    record = releasing.make_record(
        context.settings, made, folder, arguments.load_test, context.now, context.who
    )

    def plan() -> "Plan":
        return plan_release(context.base, made, record)

    def prepare() -> None:
        copied = store_bundle(folder, made.bundle_uri)
        print(f"bundle {'copied to' if copied else 'at'} {made.bundle_uri}")

    return run_plan(context, plan, arguments, prepare=prepare)


def promote(arguments: argparse.Namespace) -> int:
    from .context import open_context
    from .plans import plan_promotion

    context = open_context()

    def plan() -> "Plan":
        target = arguments.to
        environment = context.base.environments.get(target)
        direct = plan_promotion(context.base, target, arguments.release)
        if environment.strategy == "canary" and context.base.release(target) is not None:
            start = import_module(".rollout", __package__).plan_canary_start
            return start(context.base, target, context.now)
        return direct

    return run_plan(context, plan, arguments)


def rollback(arguments: argparse.Namespace) -> int:
    from .context import open_context
    from .rolling_back import read_reason, rollback_plan

    reason, details = read_reason(arguments.reason, arguments.analysis_run)
    context = open_context()
    asked = (arguments.env, arguments.to, reason, arguments.automatic, arguments.revision)

    def plan() -> "Plan":
        return rollback_plan(context, *asked, details)

    return run_plan(context, plan, arguments, details)


def diff(arguments: argparse.Namespace) -> int:
    from .comparing import compare_environments
    from .context import open_context

    print(compare_environments(open_context(), arguments.source, arguments.to))
    return 0


def check_promotion(arguments: argparse.Namespace) -> int:
    from .checking import check_branch
    from .context import open_context, refused
    from .propose import say

    context = open_context()
    commit, findings = check_branch(context, arguments.branch, arguments.base)
    if arguments.set_status:
        say(context, commit, tuple(findings))
    bad = refused(findings)
    _show(findings)
    print(f"{'refused' if bad else 'ok'}: {commit[:12]} against {arguments.base or context.branch}")
    return 1 if bad else 0


def report_deployment(arguments: argparse.Namespace) -> int:
    from .context import open_context
    from .health import context_of

    context = open_context()
    environment = context.base.environments.get(arguments.env)
    commit = context.repository.resolve(arguments.commit)
    name = context_of(environment.name)
    context.forge.set_status(commit, name, arguments.state, arguments.message)
    print(f"{name} of {commit[:12]} is {arguments.state}")
    return 0


def add_merging(command: argparse.ArgumentParser) -> None:
    """Options of every command that opens a pull request."""
    command.add_argument("--replace", action="store_true", help="close what is in the way")
    command.add_argument("--merge", action="store_true", help="merge once the rules are kept")


def run_plan(
    context: "Context",
    make: "Callable[[], Plan]",
    arguments: argparse.Namespace,
    details: str = "",
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Plan, propose and tell: the second half of every command that opens a pull request.

    ``arguments`` has ``replace`` and ``merge``; ``details`` are Markdown for the pull request;
    ``prepare`` is called once it is known that there is something to do. What is so already is no
    error. 1 if a merge was asked for and a rule forbids it.
    """
    from .context import refused
    from .describing import describe
    from .plans import NothingToDo
    from .propose import propose

    try:
        plan = make()
    except NothingToDo as answer:
        print(f"nothing to do: {answer}")
        return 0
    prepare()
    environment = context.base.environments.get(plan.environment)
    merge = arguments.merge or environment.auto_merge
    text = describe(context, plan, details)
    done = propose(context, plan, text, arguments.replace, merge)
    for other in done.closed:
        print(f"closed: {other.title} ({other.url})")
    print(f"{done.pull.state}: {done.pull.title}\n{done.pull.url}")
    bad = refused(list(done.findings))
    if bad:
        print("it cannot be merged yet:")
        _show(bad)
    return 1 if bad and arguments.merge else 0


def _show(findings: "list[Finding]") -> None:
    for finding in findings:
        print(finding)
