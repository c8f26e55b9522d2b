"""The sandbox in a process of its own, as a platform is."""

import subprocess
import sys
from pathlib import Path

from sandbox.client import Control

from .console import StepFailed, say
from .paths import ROOT


class SandboxProcess(Control):
    """Runs while the block does.

    :param database: the file of its own
    :raises StepFailed: it did not start
    """

    def __init__(self, database: Path, token: str, port: int):
        super().__init__(f"http://127.0.0.1:{port}")
        self._command = [sys.executable, "-m", "sandbox", "--port", str(port)]
        self._command += ["--database", str(database), "--token", token]

    def __enter__(self) -> "SandboxProcess":
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        if not line:
            raise StepFailed("The sandbox did not start; see above")
        say(line)
        return self

    def __exit__(self, *_error) -> None:
        self.process.terminate()
        self.process.wait(10)
