"""What was measured, beside its yardstick: for people, and as JSON for programs."""

import json
import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from dev.console import say

#: how often each thing is measured; the median counts
RUNS = 5
#: where the JSON is written
FOLDER = Path(__file__).resolve().parents[1] / ".run" / "bench"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    :param work: what was done
    :param ours: what this addon takes, or reaches
    :param yardstick: what is measured beside it
    :param theirs: what that takes, or reaches; None where ours stands by itself
    :param unit: of both
    :param limit: what ours may be at most, as a multiple of theirs where there is one
    :param is_least: whether the limit is what it must be at least
    """

    work: str
    ours: float
    unit: str
    limit: float
    yardstick: str = ""
    theirs: float | None = None
    is_least: bool = False

    @property
    def seen(self) -> float:
        """What is compared with the limit."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def is_reached(self) -> bool:
        if self.is_least:
            return self.seen >= self.limit
        return self.seen <= self.limit


def median(runs: Iterable[float]) -> float:
    """The median of what was measured; of rates, too."""
    return statistics.median(runs)


def report(name: str, figures: list[Figure]) -> None:
    """Print figures, and write them to :data:`FOLDER`.

    :param name: of the file, without its ending
    """
    for figure in figures:
        say(f"{'reached' if figure.is_reached else 'MISSED '}  {_line(figure)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(
        json.dumps(
            {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": _machine(),
                "versions": {
                    "python": platform.python_version(),
                    **{name: version(name) for name in ("odoo", "requests")},
                },
                "figures": [
                    asdict(figure)
                    | {"seen": figure.seen, "is_reached": figure.is_reached}
                    for figure in figures
                ],
            },
            indent=2,
        )
    )


def table(figures: list[Figure]) -> str:
    """The figures as a table in Markdown, with where they were measured."""
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores, "
        f"Python {platform.python_version()}, load before it {os.getloadavg()[0]:.1f}.",
        "",
        "| work | seen | beside | bound | |",
        "|---|---|---|---|---|",
    ]
    for figure in figures:
        beside = ""
        if figure.theirs is not None:
            beside = f"{figure.yardstick}: {figure.theirs:.3g} {figure.unit}; "
            beside += f"{figure.seen:.2f} times"
        lines.append(
            f"| {figure.work} | {figure.ours:.3g} {figure.unit} | {beside} "
            f"| {_bound(figure)} | {'reached' if figure.is_reached else 'missed'} |"
        )
    return "\n".join(lines) + "\n"


def _bound(figure: Figure) -> str:
    unit = f" {figure.unit}" if figure.theirs is None else " times"
    return f"{'at least' if figure.is_least else 'at most'} {figure.limit:g}{unit}"


def _line(figure: Figure) -> str:
    text = f"{figure.work}: {figure.ours:.3g} {figure.unit}"
    if figure.theirs is not None:
        text += f"; {figure.yardstick}: {figure.theirs:.3g} {figure.unit}"
        text += f"; {figure.seen:.2f} times"
    return f"{text} ({_bound(figure)})"


def _machine() -> dict:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "memory": psutil.virtual_memory().total,
        # others at work make every figure worse
        "load": os.getloadavg()[0],
    }
