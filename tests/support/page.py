"""The page on the external API, and somebody who types in what it says."""

import contextlib
import io
import re
import subprocess
from pathlib import Path

from dev.paths import ROOT

PAGE = ROOT / "docs" / "external_api.md"
FENCED = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    """An example of the page, and what is printed after it."""

    def __init__(self, number: int, track: str, code: str):
        self.name = f"{number}-{track}"
        self.track, self.code, self.outcome = track, code, ""

    def assert_printed(self, printed: str) -> None:
        pattern = re.escape(self.outcome.strip()).replace("…", ".*")
        assert re.fullmatch(pattern, printed.strip()), printed


def blocks_of(page: Path) -> list[Block]:
    blocks: list[Block] = []
    for number, match in enumerate(FENCED.finditer(page.read_text()), 1):
        language, track, code = match.groups()
        if language == "text":
            blocks[-1].outcome = code
        else:
            blocks.append(Block(number, track or language, code))
    return blocks


BLOCKS = blocks_of(PAGE)


class Reader:
    """Somebody who types in what the page says, in a shell and in Pythons."""

    def __init__(self, folder: Path):
        (folder / ".run").mkdir(exist_ok=True)
        self.pythons: dict[str, dict] = {}
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

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

    def close(self) -> None:
        self._shell.terminate()
        self._shell.wait(10)
