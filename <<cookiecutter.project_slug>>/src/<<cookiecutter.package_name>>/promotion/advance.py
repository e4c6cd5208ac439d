"""What comes next once an environment is healthy: the next step of its canary, or promotions."""

from .blocked import find_blocked
from .places import release_file
from .plans import NothingToDo, Snapshot
from .release import id_in
from .rollout_files import running


def next_commands(now: Snapshot, deployed: Snapshot, environment: str) -> list[list[str]]:
    """Command lines to run, in order.

    ``deployed`` is the commit that was found healthy, ``now`` the head of the default branch. The
    same answer may come late or twice, so each command decides anew whether it has anything to do.
    Raises ``NothingToDo`` with the reason, and ``EnvironmentsError``.
    """
    now.environments.get(environment)
    path = release_file(environment)
    there, here = id_in(deployed.read(path)), id_in(now.read(path))
    if here is None:
        raise NothingToDo(f"{environment} has no release")
    if there != here or deployed.rollout(environment) != now.rollout(environment):
        raise NothingToDo(
            f"{environment} was healthy as of {deployed.commit[:12]} and has changed since; its "
            "next report counts"
        )
    rollout = running(now, environment)
    if rollout is not None:
        if rollout.kind != "canary":
            raise NothingToDo(f"{rollout} runs in {environment}; a person decides how it ends")
        return [["canary", "step", "--env", environment, "--automatic", "--finish"]]
    if blocked := find_blocked(now.blocked, here):
        raise NothingToDo(f"{here} in {environment} is blocked: {blocked.reason}")
    targets = now.environments.after(environment)
    if not targets:
        raise NothingToDo(f"{environment} is the last environment")
    commands, reasons = [], []
    for target in targets:
        if now.read(release_file(target.name)) == now.read(path):
            reasons.append(f"{target.name} runs {here} already")
        elif now.rollout(target.name) is not None:
            reasons.append(f"{target.name} has a rollout under way: {running(now, target.name)}")
        else:
            # An older promotion that still waits is no longer what its source runs.
            commands.append(["promote", "--to", target.name, "--release", here, "--replace"])
    if not commands:
        raise NothingToDo("; ".join(reasons))
    return commands
