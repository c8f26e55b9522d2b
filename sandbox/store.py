"""What the platform keeps, in one SQLite file.

Everything happens in a :class:`Session`, which is one transaction. Sessions take
turns, so what one reads stays true until it ends; the constraints of the database
guard what must be unique.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import profile
from .catalogue import SEED, Package
from .errors import not_found

STATUSES = ("active", "blocked", "disabled")
ACCOUNT_STATUSES = ("active", "suspended")
USER_COLUMNS = (
    "id",
    "external_ref",
    "cpf",
    "username",
    *profile.COLUMNS,
    "status",
    "created_at",
    "updated_at",
)
FILTERS = ("cpf", "external_ref", "status")

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS users (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    external_ref TEXT,
    cpf TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    {", ".join(f"{name} TEXT" for name in profile.COLUMNS)},
    status TEXT NOT NULL,
    password_hash TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS users_external_ref ON users (external_ref);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    result TEXT
);
CREATE TABLE IF NOT EXISTS packages (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    active INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    status TEXT NOT NULL
);
"""

User = dict[str, Any]


class CpfTaken(Exception):
    """Another user has this CPF."""


@dataclass(frozen=True)
class FirstResult:
    """What a create with some idempotency key once led to.

    :param fingerprint: digest of the body that came with the key
    :param user: the user it created; None where its CPF was taken
    """

    fingerprint: str
    user: User | None


class Store:
    """The file and the connection to it; safe to share between threads.

    :param path: the database file, created where there is none
    """

    def __init__(self, path: Path) -> None:
        # One writer at a time is all that SQLite has; waiting for a lock is
        # fairer and quicker than many connections that poll for their turn.
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        with self.session() as session:
            if session.account_status() is None:
                session.restore_defaults()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give one transaction: kept when the block ends, undone when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Session(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        with self._lock:
            self._connection.close()


class Session:
    """One transaction; made by :meth:`Store.session`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # Users

    def users(
        self, filters: Mapping[str, str], after: int = 0, limit: int = -1
    ) -> tuple[list[User], int | None]:
        """Return users, oldest first, and where the next page starts.

        :param filters: wanted values, by names of ``FILTERS``
        :param after: where the page before ended, 0 for the first page
        :param limit: the most users to return, -1 for all
        :return: the users, and the next ``after`` or None
        """
        used = [name for name in FILTERS if name in filters]
        where = "".join(f" AND {name} = ?" for name in used)
        rows = self._connection.execute(
            f"SELECT * FROM users WHERE seq > ?{where} ORDER BY seq LIMIT ?",
            (after, *(filters[name] for name in used), limit + 1 if limit > 0 else -1),
        ).fetchall()
        more = 0 < limit < len(rows)
        page = rows[:limit] if more else rows
        return [_user(row) for row in page], page[-1]["seq"] if more else None

    def newest_users(self, limit: int) -> list[User]:
        """Return the users created last, newest first."""
        rows = self._connection.execute(
            "SELECT * FROM users ORDER BY seq DESC LIMIT ?", (limit,)
        )
        return [_user(row) for row in rows]

    def count_users(self) -> dict[str, int]:
        """Return how many users there are, by status."""
        counts = dict.fromkeys(STATUSES, 0)
        counts.update(
            self._connection.execute(
                "SELECT status, COUNT(*) FROM users GROUP BY status"
            ).fetchall()
        )
        return counts

    def user(self, user_id: str) -> User:
        """Return the user with this id.

        :raises ApiError: 404, where there is none
        """
        row = self._connection.execute(
            "SELECT * FROM users WHERE id = ?", (user_id,)
        ).fetchone()
        if not row:
            raise not_found("Usuário não encontrado.")
        return _user(row)

    def create_user(self, values: Mapping[str, Any]) -> User:
        """Return a new user.

        :param values: columns by name; ``status`` is active where it is absent
        :raises CpfTaken: where another user has the CPF
        """
        now = _now()
        row = {
            "external_ref": None,
            "password_hash": None,
            **dict.fromkeys(profile.COLUMNS),
            "status": "active",
            **values,
            "id": f"usr_{secrets.token_hex(8)}",
            "created_at": now,
            "updated_at": now,
        }
        try:
            self._connection.execute(
                f"INSERT INTO users ({', '.join(row)})"
                f" VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
        except sqlite3.IntegrityError:
            raise CpfTaken from None
        return {name: row[name] for name in USER_COLUMNS}

    def change_user(self, user: User, values: Mapping[str, Any]) -> User:
        """Return the user with other values; its date moves if one is new.

        :param user: the user as this session read it
        :raises CpfTaken: where another user has the new CPF
        """
        changes = {k: v for k, v in values.items() if k not in user or user[k] != v}
        if not changes:
            return user
        changes["updated_at"] = _now()
        try:
            self._connection.execute(
                f"UPDATE users SET {', '.join(f'{name} = ?' for name in changes)}"
                " WHERE id = ?",
                (*changes.values(), user["id"]),
            )
        except sqlite3.IntegrityError:
            raise CpfTaken from None
        return {name: changes.get(name, user[name]) for name in USER_COLUMNS}

    def delete_user(self, user_id: str) -> bool:
        """Delete the user; tell whether there was one."""
        return self._changed("DELETE FROM users WHERE id = ?", user_id)

    def password_hash(self, user_id: str) -> str | None:
        """Return the digest of the user's password, None where it has none."""
        row = self._connection.execute(
            "SELECT password_hash FROM users WHERE id = ?", (user_id,)
        ).fetchone()
        return row["password_hash"] if row else None

    # Idempotency

    def first_result(self, key: str) -> FirstResult | None:
        """Return what the first create with this key led to, None if new."""
        row = self._connection.execute(
            "SELECT fingerprint, result FROM idempotency WHERE key = ?", (key,)
        ).fetchone()
        if not row:
            return None
        user = json.loads(row["result"]) if row["result"] else None
        return FirstResult(row["fingerprint"], user)

    def remember(self, key: str, first: FirstResult) -> None:
        """Keep what a create with a new key led to."""
        self._connection.execute(
            "INSERT INTO idempotency (key, fingerprint, result) VALUES (?, ?, ?)",
            (key, first.fingerprint, json.dumps(first.user) if first.user else None),
        )

    # Packages

    def packages(
        self, after: str = "", limit: int = -1
    ) -> tuple[list[Package], str | None]:
        """Return packages by code, and where the next page starts.

        :param after: where the page before ended, empty for the first page
        :param limit: the most packages to return, -1 for all
        :return: the packages, and the next ``after`` or None
        """
        rows = self._connection.execute(
            "SELECT * FROM packages WHERE code > ? ORDER BY code LIMIT ?",
            (after, limit + 1 if limit > 0 else -1),
        ).fetchall()
        more = 0 < limit < len(rows)
        page = [_package(row) for row in (rows[:limit] if more else rows)]
        return page, page[-1].code if more else None

    def package(self, code: str) -> Package | None:
        """Return the package with this code, None where there is none."""
        row = self._connection.execute(
            "SELECT * FROM packages WHERE code = ?", (code,)
        ).fetchone()
        return _package(row) if row else None

    def put_package(self, package: Package) -> None:
        """Add the package, or replace the one with its code."""
        self._connection.execute(
            "INSERT OR REPLACE INTO packages (code, name, description, active)"
            " VALUES (?, ?, ?, ?)",
            (package.code, package.name, package.description, package.active),
        )

    def delete_package(self, code: str) -> bool:
        """Delete the package, not its users; tell whether there was one."""
        return self._changed("DELETE FROM packages WHERE code = ?", code)

    # Account

    def account_status(self) -> str | None:
        """Return the status of the account, None in a fresh database."""
        row = self._connection.execute("SELECT status FROM account").fetchone()
        return row["status"] if row else None

    def set_account_status(self, status: str) -> None:
        """Set the status of the account, one of ``ACCOUNT_STATUSES``."""
        self._connection.execute(
            "INSERT OR REPLACE INTO account (only, status) VALUES (1, ?)", (status,)
        )

    def restore_defaults(self) -> None:
        """Forget users and keys; make account and catalogue as in a fresh file."""
        for table in ("users", "idempotency", "packages"):
            self._connection.execute(f"DELETE FROM {table}")
        self.set_account_status("active")
        for package in SEED:
            self.put_package(package)

    def _changed(self, statement: str, value: str) -> bool:
        return self._connection.execute(statement, (value,)).rowcount > 0


def _user(row: sqlite3.Row) -> User:
    return {name: row[name] for name in USER_COLUMNS}


def _package(row: sqlite3.Row) -> Package:
    return Package(row["code"], row["name"], row["description"], bool(row["active"]))


def _now() -> str:
    now = datetime.now(UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
