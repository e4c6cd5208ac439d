"""Bake an option set into ``build/project`` and run make targets there.

python -m tests.project.run defaults -- setup test
"""

import subprocess
import sys

from tests.project import environments
from tests.project.workspace import environment, place_project


def main() -> int:
    """Exit status of the first target that fails, otherwise 0."""
    answers, _, *targets = sys.argv[1:]
    project = place_project("project", answers)
    print(f"baked {answers} into {project}", flush=True)
    for target in targets:
        print(f"\n=== make {target}", flush=True)
        done = subprocess.run(["make", target], cwd=project, env=environment(), check=False)
        if done.returncode:
            print(f"make {target} failed in {project}", file=sys.stderr)
            return done.returncode
        environments.keep(project)
    return 0


if __name__ == "__main__":
    sys.exit(main())
