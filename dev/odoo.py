"""Running Odoo: to its end for an installation, or as a server."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from .console import StepFailed, run, tail
from .env import Environment
from .front import Front
from .odoo_source import OdooSource
from .paths import ROOT, STATE

#: what odoo-bin does, which is not in every source of Odoo. It is a file, because an
#: Odoo with workers runs it again for its evented server. To read the files of
#: translations takes Odoo seconds at each start: what it found is kept beside.
LAUNCHER = """\
import hashlib
import json
import os
import uuid
from pathlib import Path

from odoo.cli.command import main
from odoo.tools.translate import CodeTranslations

read = CodeTranslations._read_code_translations_file


def read_once(file, wanted):
    changed = os.fstat(file.fileno()).st_mtime_ns
    key = f"{file.name} {changed} {wanted.__qualname__}"
    kept = Path(__file__).with_name("terms") / hashlib.sha256(key.encode()).hexdigest()
    if kept.exists():
        return json.loads(kept.read_text())
    terms = read(file, wanted)
    kept.parent.mkdir(exist_ok=True)
    draft = kept.with_suffix(f".{uuid.uuid4()}")
    draft.write_text(json.dumps(terms))
    draft.replace(kept)
    return terms


CodeTranslations._read_code_translations_file = staticmethod(read_once)
main()
"""


class Odoo:
    """How to run Odoo with this checkout's addons.

    :param environment: what ``make env`` made
    :param pg: libpq environment variables
    """

    def __init__(self, environment: Environment, pg: dict[str, str]):
        self.environment = environment
        self.pg = pg
        self.data_dir = environment.cache / "odoo-data"
        STATE.mkdir(exist_ok=True)
        self._launcher = STATE / "odoo-bin"
        if not self._launcher.exists() or self._launcher.read_text() != LAUNCHER:
            self._launcher.write_text(LAUNCHER)

    @property
    def dsn(self) -> dict[str, str]:
        """How psycopg2 reaches the same PostgreSQL."""
        names = {
            "PGHOST": "host",
            "PGPORT": "port",
            "PGUSER": "user",
            "PGPASSWORD": "password",
        }
        return {names[key]: value for key, value in self.pg.items() if key in names}

    def config(self, database: str, port: int | None = None, **options) -> Path:
        """Write a configuration file for a database, and return its path."""
        lines = {
            "addons_path": addons_path(self.environment.odoo),
            "data_dir": self.data_dir,
            "db_name": database,
            "dbfilter": f"^{database}$",
            "list_db": False,
            "log_level": "info",
            "max_cron_threads": 2 if port else 0,
            "http_interface": "127.0.0.1",
            "server_wide_modules": "base,rpc,web",
            # our own tools still speak XML-RPC beside JSON-2
            "log_handler": ":INFO,odoo.addons.rpc.controllers.jsonrpc:ERROR",
            **({"http_port": port} if port else {"http_enable": False}),
            **options,
        }
        path = STATE / f"{database}{f'_{port}' if port else ''}.conf"
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        path.write_text(f"[options]\n{text}")
        return path

    def command(self, name: str, config: Path, *arguments) -> list[str]:
        """The command line of one of ``odoo-bin``'s commands."""
        command = (sys.executable, self._launcher, *name.split(), "--config", config)
        return [str(part) for part in (*command, *arguments)]

    def run(self, database: str, arguments: Sequence, *, what: str) -> Path:
        """Run Odoo to its end (installation, update).

        :return: the path of its log
        :raises StepFailed: it ended with an error
        """
        log = STATE / f"{database}.log"
        log.unlink(missing_ok=True)
        run(
            self.command(
                "server", self.config(database), *arguments, "--stop-after-init"
            ),
            what=what,
            log=log,
            env=self.pg,
        )
        return log

    def shell(self, database: str, script: str, patience: float = 300) -> str:
        """Run a script in Odoo's own shell; return what it printed, and the log.

        :param patience: seconds that it may take
        :raises StepFailed: it ended with an error
        """
        shell = subprocess.run(
            self.command("shell", self.config(database), "--no-http"),
            input=script,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            env={**os.environ, **self.pg},
            timeout=patience,
        )
        if shell.returncode:
            raise StepFailed(
                f"A script in Odoo's shell failed:\n{shell.stdout[-3000:]}"
            )
        return shell.stdout

    @contextmanager
    def server(
        self,
        database: str,
        port: int | None = None,
        env: dict[str, str] | None = None,
        **options,
    ) -> Iterator["Server"]:
        """A running Odoo server, ready to answer; stopped at the end.

        With ``WORKERS`` in the environment it has so many processes, with ``QUEUE`` it
        runs the jobs of OCA's queue, too.
        """
        port = port or free_port()
        if workers := int(os.environ.get("WORKERS") or 0):
            options = {"workers": workers, **options}
        if os.environ.get("QUEUE"):
            options = {"server_wide_modules": QUEUE_MODULES, **options}
            env = {**queue_env(port, jobs=4), **(env or {})}
        server = Server(self, database, port, env or {}, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            server.close()


#: what a server loads at once that runs the jobs of OCA's queue
QUEUE_MODULES = "base,rpc,web,queue_job"


def queue_env(port: int, jobs: int) -> dict[str, str]:
    """The environment of a server that runs the jobs of OCA's queue.

    :param port: where they are run
    :param jobs: how many of them at once
    """
    return {
        "ODOO_QUEUE_JOB_CHANNELS": f"root:{jobs}",
        "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
        "ODOO_QUEUE_JOB_PORT": str(port),
    }


class Server:
    """An Odoo server process."""

    def __init__(self, odoo: Odoo, database: str, port: int, env: dict, options: dict):
        self.odoo = odoo
        self.database = database
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = STATE / f"{database}_{port}.log"
        self.log.unlink(missing_ok=True)
        self._env = env
        self._options = options
        self._process: subprocess.Popen | None = None
        self._odoo_port = port
        self._front: Front | None = None
        if options.get("workers"):
            self._odoo_port, evented = free_port(), free_port()
            self._options = {"gevent_port": evented, **options}
            self._front = Front(
                port,
                lambda path: (
                    evented if path.startswith("/websocket") else self._odoo_port
                ),
            )

    def start(self) -> None:
        """Start, and wait until the server answers.

        :raises StepFailed: it ended, or did not answer in time
        """
        config = self.odoo.config(self.database, self._odoo_port, **self._options)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.odoo.command("server", config),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.odoo.pg, **self._env},
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StepFailed(f"Odoo did not start:\n{tail(self.log)}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        ports = [self._odoo_port]
        if self._front:
            ports.append(self._options["gevent_port"])
        try:
            for port in ports:
                health = f"http://127.0.0.1:{port}/web/health"
                with urllib.request.urlopen(health, timeout=5) as answer:
                    if answer.status != 200:
                        return False
        except (urllib.error.URLError, OSError):
            return False
        return True

    def running(self) -> bool:
        """Whether the process is there."""
        return bool(self._process) and self._process.poll() is None

    def stop(self) -> None:
        """End the process, politely first."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self._process and self._process.poll() is None:
            # its workers would go on for some seconds, and keep the port
            workers = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for worker in workers:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
            self._process.wait()

    def close(self) -> None:
        """Give up what stands before it."""
        if self._front:
            self._front.close()

    def warnings(self) -> list[str]:
        """What Odoo logged as a warning or worse."""
        return warnings_in(self.log)


#: said of how this is run, not of what is run
_UNRELATED = (
    "Running as user 'root'",
    "odoo.tools.config",
    # asks for companies' names on the internet, which there need not be
    "odoo.addons.iap.",
    "odoo.addons.partner_autocomplete.",
    # … and two sessions note at once that it has been asked, of which one tries again
    "iap_enrich_auto_done",
    # gevent's, in the evented server
    "DeprecationWarning: Queue(0)",
)

_TRIED_AGAIN = re.compile(
    r"^.* ERROR .* odoo\.sql_db: bad query: .*\n"
    r"ERROR: could not serialize access .*\n"
    r".* SERIALIZATION_FAILURE, \d+ tries left, try again .*\n",
    re.MULTILINE,
)


def warnings_in(log: Path) -> list[str]:
    """The lines of a log file that are a warning or worse."""
    return complaints(log.read_text(errors="replace"))


def complaints(log: str) -> list[str]:
    """Odoo's lines that are a warning or worse, but for those about how it is run.

    Nor a query that met another transaction's, where Odoo says that it tries again.
    """
    return [
        line
        for line in _TRIED_AGAIN.sub("", log).splitlines()
        if any(f" {level} " in line for level in ("WARNING", "ERROR", "CRITICAL"))
        and not any(words in line for words in _UNRELATED)
    ]


def addons_path(odoo: OdooSource) -> str:
    """The value of Odoo's ``addons_path``: our checkout, and Odoo's second folder."""
    folders = [ROOT, *([odoo.addons_path] if odoo.addons_path else [])]
    return ",".join(str(folder) for folder in folders)


def free_port() -> int:
    """A TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
