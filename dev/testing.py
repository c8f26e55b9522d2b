"""``make test``: every part of the tests, or the ones that ``T`` names."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from .console import StepFailed, main, run, say, step
from .database import Databases, reach
from .odoo import Odoo, free_port, warnings_in
from .paths import ROOT, STATE

#: the parts of the tests that run in Odoo: the addons whose they are
IN_ODOO = {
    "access": ("contract_access", "contract_access_sms"),
    "sva": ("saber_plus_sva",),
}
ADDONS = tuple(chain(*IN_ODOO.values()))
#: our glue, installed by Odoo beside OCA's job queue
GLUE = "saber_plus_sva_queue_job"
#: what ours work beside, and the tests that need it: the others do without, as most
#: providers do
BESIDE = (
    GLUE,
    "account_payment_return",
    "base_automation",
    "contract_variable_qty_prorated",
)
BESIDE_TESTS = (
    "contract_access/tests/test_payment_return.py",
    "saber_plus_sva/tests/test_automation.py",
    "saber_plus_sva/tests/test_prorated.py",
    f"{GLUE}/tests",
)
OCA_ADDONS = ("contract", "contract_line_successor", "contract_termination")
#: the class that is theirs: beside it, pytest would run those that they import again
OCA_CLASSES = {
    "contract": "TestContract",
    "contract_line_successor": "TestContractSuccessor",
    "contract_termination": "TestContractTermination",
}
#: the one that inherits all the tests of the others; all three with ``FULL=1``
OCA_WITH_ALL = "contract_termination"
#: a part's name, and where its tests are
FREE_OF_ODOO = {
    "client": "tests/client",
    "rules": "tests/rules",
    "engine": "tests/engine",
    "sandbox": "tests/sandbox",
}
#: … those that wait for the most part, and those that compute, side by side
FREE_LANES = (("client", "sandbox"), ("rules", "engine"))
#: the parts of those from outside: their modules; what none has named is ``desk``
FROM_OUTSIDE = {
    "crash": ("crash", "earlier_version", "lifecycle", "on_call", "queue"),
    "outside": ("demo", "external_api", "fault_matrix", "rights", "runbook"),
    "town": ("click_everything", "every_screen", "language", "overview", "reporting"),
    "desk": (),
}
#: side by side: those free of Odoo, our addons' in it, those from outside; then OCA's
#: and what needs OCA's, on the first that has ended
LANES = 4
#: … of which our addons' have several processes, with a database each
ADDON_PROCESSES = 2
#: … and those from outside; more of them only wait for two cores, until a test gives up
E2E_PROCESSES = 2
#: … with so many more as soon as our addons' have ended
E2E_HELPERS = 2
#: … a class at a time, in the order that they are found in
SIDE_BY_SIDE = (
    f"--numprocesses={ADDON_PROCESSES}",
    "--dist=loadscope",
    "--no-loadscope-reorder",
)
#: what the tests from outside look for; the first two are Debian's
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PARTS = (*FREE_OF_ODOO, *IN_ODOO, "oca", "beside", *FROM_OUTSIDE)


class Testing:
    """Runs the parts and remembers what failed."""

    def __init__(self):
        self.failed: list[str] = []
        self._complaints: list[str] = []
        self._processes: list[subprocess.Popen] = []
        # is there once our addons' tests have ended
        self._cores_are_free = STATE / "cores_are_free"

    def run(self, wanted: Sequence[str]) -> int:
        """Run parts by name or tests by path; return the exit status."""
        parts: dict[str, list[str]] = {}
        for part, paths in map(_part_and_paths, wanted or PARTS):
            parts.setdefault(part, []).extend(paths)
        started = time.monotonic()
        with ThreadPoolExecutor(LANES) as pool:
            lanes = [
                pool.submit(self._free_of_odoo, parts, names) for names in FREE_LANES
            ]
            if parts.keys() - FREE_OF_ODOO.keys():
                with reach() as databases, self._prepared(parts, databases):
                    lanes += [
                        pool.submit(lane, parts, databases)
                        for lane in (self._inside, self._outside, self._with_oca)
                    ]
                    self._finish(lanes)
            self._finish(lanes)
        minutes = (time.monotonic() - started) / 60
        if self.failed:
            # other parts' lines stand between the failure and the end
            print(*self._complaints, sep="\n")
            say(f"FAILED after {minutes:.1f} min: {', '.join(self.failed)}")
            return 1
        say(f"All passed in {minutes:.1f} min")
        return 0

    def _finish(self, lanes: Sequence[Future]) -> None:
        try:
            for lane in as_completed(lanes):
                lane.result()
        finally:
            for process in self._processes:
                process.send_signal(signal.SIGINT)  # it stops what it has started
            wait(lanes)

    def _free_of_odoo(
        self, parts: dict[str, list[str]], names: tuple[str, ...]
    ) -> None:
        for name in names:
            if name in parts:
                self._pytest(name, ["-p", "no:odoo", *parts[name]])

    @contextmanager
    def _prepared(
        self, parts: dict[str, list[str]], databases: Databases
    ) -> Iterator[None]:
        """The databases of the tests in Odoo and of those from outside."""
        name = databases.copy("test")
        complaints = warnings_in(databases.install(name))
        if complaints:
            self.failed.append("installation")
            say("Odoo complained while installing:\n" + "\n".join(complaints))
        if os.environ.get("QUEUE"):
            databases.install(name, GLUE)
        copies = {
            databases.name("e2e"): {"e2e"},
            databases.name("oca"): {"oca", "beside"},
        }
        for copy, users in copies.items():
            databases.drop(copy)
            if parts.keys() & users:
                databases.duplicate(name, copy)
        self._cores_are_free.unlink(missing_ok=True)
        yield
        for copy in (name, *copies):
            databases.drop(copy)

    def _inside(self, parts: dict[str, list[str]], databases: Databases) -> None:
        if "addon" not in parts:
            return
        arguments = parts["addon"]
        path = databases.odoo.pg.get("PATH", os.environ["PATH"])
        if not shutil.which("createdb", path=path):
            # pytest-odoo copies the database with it
            arguments = [a for a in arguments if a not in SIDE_BY_SIDE]
        name = databases.name("test")
        try:
            self._pytest_odoo("addon", arguments, databases.odoo, name)
        finally:
            self._cores_are_free.touch()

    def _with_oca(self, parts: dict[str, list[str]], databases: Databases) -> None:
        """The tests of OCA's addons, and of ours beside more of them."""
        odoo, name = databases.odoo, databases.name("oca")
        if "oca" in parts:
            # its tests look for the English names of months in invoices
            databases.forget_default_language(name)
            self._pytest_odoo("oca", parts["oca"], odoo, name)
            if os.environ.get("FULL"):
                self._update_with_tests(name, odoo)
        if "beside" in parts:
            databases.install(name, *BESIDE)
            self._pytest_odoo("beside", parts["beside"], odoo, name)

    def _pytest_odoo(
        self, part: str, arguments: Sequence[str], odoo: Odoo, name: str
    ) -> None:
        env = {
            **odoo.pg,
            "ODOO_RC": str(odoo.config(name, free_port(), max_cron_threads=0)),
            # the job queue's own runner would work in the middle of the tests
            "ODOO_QUEUE_JOB_CHANNELS": "root:0",
        }
        arguments = ["--odoo-database", name, "--odoo-http", *arguments]
        self._pytest(part, arguments, env)

    def _update_with_tests(self, name: str, odoo: Odoo) -> None:
        """The tests that Odoo runs while it updates, before our addons are loaded."""
        config = odoo.config(name, free_port(), max_cron_threads=0)
        say("Tests: oca, while updating")
        tags = ",".join(f"/{addon}" for addon in OCA_ADDONS)
        arguments = ["--update", "contract", "--test-tags", tags, "--stop-after-init"]
        log = STATE / f"{name}_update.log"
        log.unlink(missing_ok=True)
        try:
            run(
                odoo.command("server", config, *arguments),
                what="The tests of OCA's addons while they are updated",
                log=log,
                env=odoo.pg,
            )
        except StepFailed as failure:
            say(str(failure))
            self.failed.append("oca")

    def _outside(self, parts: dict[str, list[str]], databases: Databases) -> None:
        if "e2e" not in parts:
            return
        try:
            env = {**databases.odoo.pg, "CHROMIUM": ensure_chromium()}
            arguments = ["-p", "no:odoo", *parts["e2e"]]
            if "addon" in parts and any("--dist" in one for one in arguments):
                processes = E2E_PROCESSES + E2E_HELPERS
                arguments.append(f"--numprocesses={processes}")
                env["WAITS_FOR_CORES"] = str(self._cores_are_free)
        except StepFailed as failure:
            say(f"{failure}. What to do: {failure.remedy}")
            self.failed.append("e2e")
        else:
            self._pytest("e2e", arguments, env)

    def _pytest(self, part: str, arguments: Sequence[str], env=None) -> None:
        """Run pytest to its end; its lines are marked, for two run side by side."""
        say(f"Tests: {part}")
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(env or {})},
        )
        self._processes.append(process)
        assert process.stdout
        for line in process.stdout:
            print(f"{part:>7} | {line}", end="", flush=True)
            if line.startswith(("FAILED", "SUBFAILED", "ERROR")):
                self._complaints.append(line.rstrip())
        if process.wait():
            self.failed.append(part)
        say(f"Tests: {part} took {(time.monotonic() - started) / 60:.1f} min")


def _part_and_paths(wanted: str) -> tuple[str, list[str]]:
    if wanted in FREE_OF_ODOO:
        return wanted, [FREE_OF_ODOO[wanted]]
    if wanted == "addon" or wanted in IN_ODOO:
        return "addon", [*_tests_of(IN_ODOO.get(wanted, ADDONS)), *SIDE_BY_SIDE]
    if wanted == "beside":
        return "beside", [*BESIDE_TESTS]
    if wanted == "oca":
        return "oca", [*chain(*map(_oca_tests, OCA_ADDONS))]
    if wanted == "e2e" or wanted in FROM_OUTSIDE:
        parts = FROM_OUTSIDE if wanted == "e2e" else [wanted]
        # a module's tests share one Odoo, and several modules one house
        return "e2e", [
            *chain(*map(_modules, parts)),
            f"--numprocesses={E2E_PROCESSES}",
            "--dist=loadfile",
            # what takes longest first, and not what has most tests
            "--no-loadscope-reorder",
        ]
    folders = {"e2e": ["tests/e2e"], "addon": _tests_of(ADDONS)}
    if wanted.startswith(BESIDE_TESTS):
        return "beside", [wanted]
    folders |= {part: [folder] for part, folder in FREE_OF_ODOO.items()}
    for part, places in folders.items():
        if wanted.startswith(tuple(places)):
            return part, [wanted]
    raise StepFailed(
        f"There is no part of the tests called {wanted}",
        f"T is one of {', '.join(PARTS)}, or the path of a test.",
    )


def _tests_of(addons: Iterable[str]) -> list[str]:
    return [f"{addon}/tests" for addon in addons]


def _modules(part: str) -> list[str]:
    """The paths of a part's modules from outside."""
    named = set(chain(*FROM_OUTSIDE.values()))
    names = FROM_OUTSIDE[part] or sorted(
        path.stem.removeprefix("test_")
        for path in (ROOT / "tests" / "e2e").glob("test_*.py")
        if path.stem.removeprefix("test_") not in named
    )
    return [f"tests/e2e/test_{name}.py" for name in names]


def _oca_tests(name: str) -> list[str]:
    """The paths of the tests of one of OCA's addons."""
    spec = find_spec(f"odoo.addons.{name}")
    if not spec or not spec.origin:
        raise StepFailed(f"OCA's addon {name} is not installed", "Run make env.")
    inherited = Path(spec.origin).parent / "tests" / "test_contract.py"
    others = [str(path) for path in sorted(inherited.parent.glob("test_*.py"))]
    others.remove(str(inherited))
    if name == OCA_WITH_ALL or os.environ.get("FULL"):
        return [f"{inherited}::{OCA_CLASSES[name]}", *others]
    return others


def ensure_chromium() -> str:
    """The path of a Chromium; Debian's is installed where there is none and we may.

    Its shell without a head is preferred, which does less; OCA's tests, of which some
    need a browser, find the whole one only.

    :raises StepFailed: there is none, and it could not be installed
    """
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    remedy = f"apt-get install {' '.join(BROWSERS[:2])}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StepFailed("The browser tests need Chromium", remedy)
    with step("Installing Debian's Chromium for the browser tests"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "-qq", "update"], what="apt-get update", env=quiet)
        run(
            ["apt-get", "-qq", "install", "--no-install-recommends", "-y"]
            + [*BROWSERS[:2]],
            what="Installing Chromium",
            remedy=remedy,
            env=quiet,
        )
    return shutil.which(BROWSERS[0]) or f"/usr/bin/{BROWSERS[0]}"


def _main() -> int:
    return Testing().run(sys.argv[1:])


if __name__ == "__main__":
    main(_main)
