"""The manual's pages, whose examples are run as they stand."""

import contextlib
import io
import os
import re
import signal
import subprocess
import textwrap
from pathlib import Path

from dev.paths import ROOT

EXTERNAL_API = ROOT / "docs" / "external_api.md"
FENCED = re.compile(
    r"^( *)```(\S+)(?: (\S+))?\n(.*?)^\1```$|^#+ (.*?)$|^\*\*(.*?)\*\*",
    re.MULTILINE | re.DOTALL,
)


class Block:
    """An example of the page, and what is printed after it.

    :param number: its place among the page's blocks
    :param section: the last heading before it
    """

    def __init__(self, number: int, section: str, track: str, code: str):
        self.name = f"{number}-{track}"
        self.section, self.track, self.code, self.outcome = section, track, code, ""

    def assert_printed(self, printed: str) -> None:
        pattern = re.escape(self.outcome.strip()).replace("…", ".*")
        assert re.fullmatch(pattern, printed.strip()), printed


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """The examples of a page.

    :param languages: of these; without any, all
    """
    blocks: list[Block] = []
    section = ""
    number = 0
    for match in FENCED.finditer(page.read_text()):
        _indent, language, track, code, *headings = match.groups()
        if not language:
            section = next(filter(None, headings))
            continue
        number += 1
        code = textwrap.dedent(code)
        if language == "text":
            blocks[-1].outcome = code
        elif not languages or language in languages:
            blocks.append(Block(number, section, track or language, code))
    return blocks


class Reader:
    """Somebody who types in what a page says, in a shell and in Pythons.

    :param folder: where the shell is
    :param env: its environment; without it, this process's
    """

    def __init__(self, folder: Path, env: dict[str, str] | None = None):
        self.pythons: dict[str, dict] = {}
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
            start_new_session=True,
        )

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_failure) -> None:
        # and what it has left running, where a page was not followed to its end
        os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.wait(10)

    def run(self, block: Block) -> str:
        """Run a block; return what it prints."""
        if block.track == "bash":
            return self._bash(block.code)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # the page's own code, in a process of the test's
            exec(block.code, self.pythons.setdefault(block.track, {}))
        return printed.getvalue()

    def _bash(self, code: str) -> str:
        assert self._shell.stdin and self._shell.stdout
        end = "--- that was it ---"
        self._shell.stdin.write(f"{code}\necho '{end}'\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.strip() == end:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"The shell has ended: {''.join(lines)}")
