"""Saying what happens: every step with its time, every failure with what to do."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_START = time.monotonic()


class StepFailed(Exception):
    """A step did not succeed.

    :param what: what failed, one sentence
    :param remedy: what the person in front of the terminal can do about it
    """

    def __init__(self, what: str, remedy: str = ""):
        super().__init__(what)
        self.remedy = remedy


def say(text: str) -> None:
    """Print one line with the seconds since the command was started."""
    print(f"[{time.monotonic() - _START:6.1f}s] {text}", flush=True)


@contextmanager
def step(title: str):
    """Announce a step, and say how long it took when it is done."""
    say(f"{title} …")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


@contextmanager
def alone(lock: Path):
    """Have other runs, of any checkout, wait: they need what is about to be made.

    :param lock: a file that all of them lock
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run ({lock.stem}) …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    remedy: str = "",
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> None:
    """Run a command to its end.

    :param what: the command's purpose, for the message when it fails
    :param remedy: what to do when it fails
    :param log: where its output goes; the last lines are shown when it fails.
        Without it the output goes to the terminal
    :param env: environment variables on top of this process's own
    :param timeout: seconds after which the command is ended
    :raises StepFailed: the command is missing, timed out or ended with an error
    """
    command = [str(part) for part in command]
    full_env = {**os.environ, **(env or {})}
    output = log.open("ab") if log else None
    try:
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=full_env,
            cwd=cwd,
            timeout=timeout,
        )
    except (OSError, subprocess.SubprocessError) as error:
        if isinstance(error, subprocess.CalledProcessError):
            reason = f"{command[0]} ended with status {error.returncode}"
        else:
            reason = str(error)
        if log:
            reason += f"\n--- the end of {log}:\n{tail(log)}"
        raise StepFailed(f"{what}: {reason}", remedy) from error
    finally:
        if output:
            output.close()


def tail(path: Path) -> str:
    """The last lines of a text file; empty where there is no such file."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-25:])


def main(function) -> None:
    """Run a command's main function; turn a failed step into a message and status 1.

    Being told to end is like Ctrl+C, which a shell's background jobs ignore unless
    told otherwise: what was started is stopped on the way out.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(function())
    except StepFailed as failure:
        say(f"FAILED: {failure}")
        if failure.remedy:
            say(f"What to do: {failure.remedy}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(130)
