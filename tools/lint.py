"""``make lint``: what a commit must pass. Mends what can be mended, and says so."""

import os
import subprocess
import sys

from .console import main, say
from .paths import ROOT, cache_dir


def _main() -> int:
    say("Running the pre-commit hooks (the first time, each is installed) …")
    status = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        check=False,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PRE_COMMIT_HOME": str(cache_dir() / "pre-commit")},
    ).returncode
    say("Clean" if not status else "FAILED: see above; what was mended is in the tree")
    return status


if __name__ == "__main__":
    main(_main)
