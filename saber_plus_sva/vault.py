"""Secrets at rest: encrypted with Fernet, by a key that is outside the database.

The keys come from the environment variable ``SABER_PLUS_SVA_KEYS``: Fernet keys
separated by commas, the newest first. The first one encrypts, all of them decrypt, so a
key is rotated by putting a new one before it. Without the variable, a key is made for
the first secret and kept in Odoo's data directory, readable by Odoo's user only.

No key is ever made where the database holds secrets already: this server has lost its
key then, or is another one than the one that has it, and secrets by two keys would be
worse than none.
"""

import logging
import os
import socket
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL, config

from odoo.addons.contract_access.exceptions import RefusedError

_logger = logging.getLogger(__name__)

KEYS_VARIABLE = "SABER_PLUS_SVA_KEYS"
KEY_FILE = "saber_plus_sva.key"
#: the columns that hold secrets
SEALED = (
    ("sva_integration", "token_sealed"),
    ("sva_user", "password_sealed"),
    ("sva_webhook", "secret_sealed"),
)


class VaultError(Exception):
    """A secret cannot be read or written; the message never contains it."""


class NoKey(VaultError):
    """This server has no key."""


def seal(secret: str) -> str:
    """Encrypt a secret for the database.

    :raises VaultError: there is no usable key
    """
    return _cipher().encrypt(secret.encode()).decode()


def seal_for(env: Environment, secret: str) -> str:
    """Encrypt a secret that somebody has entered.

    :raises UserError: there is no usable key
    """
    try:
        if not _has_key() and not _has_secrets(env):
            _make_key_file()
        return seal(secret)
    except NoKey:
        raise RefusedError(
            env._(
                "The server “%(server)s” has no encryption key, and there are secrets "
                "that were encrypted on another one or with a key that is lost. No new "
                "key is made. The administrator must put the file %(file)s, or the "
                "environment variable %(variable)s, on this server.",
                server=socket.gethostname(),
                file=KEY_FILE,
                variable=KEYS_VARIABLE,
            ),
            "no_key",
        ) from None
    except VaultError:
        raise RefusedError(
            env._(
                "There is no usable encryption key on this server. Its "
                "administrator must check the environment variable %s.",
                KEYS_VARIABLE,
            ),
            "no_key",
        ) from None


def unseal(sealed: str) -> str:
    """Decrypt what :func:`seal` returned.

    :raises VaultError: none of the keys fits, or there is no usable key
    """
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise VaultError("none of the keys fits") from None


def reseal(sealed: str) -> str:
    """Encrypt again by the newest key, so that an older one can be taken away.

    :return: the same where the newest key has encrypted it: else it would look like
        another secret every time
    :raises VaultError: none of the keys fits, or there is no usable key
    """
    newest, *_older = _keys()
    with suppress(InvalidToken):
        newest.decrypt(sealed.encode())
        return sealed
    return seal(unseal(sealed))


def reseal_all(records: BaseModel, name: str) -> None:
    """The same for a field of all records of a model; see :func:`reseal_field`."""
    # sudo: nobody reads what is encrypted
    sealed = records.sudo().with_context(active_test=False)
    reseal_field(sealed.search([(name, "!=", False)]), name)


def reseal_field(records: BaseModel, name: str) -> None:
    """The same for a field of these records; one that cannot be read stays.

    :param name: the field that holds what is encrypted
    """
    for record in records:
        try:
            record[name] = reseal(record[name])
        except VaultError:
            _logger.warning("The secret of %s cannot be read", record)


def _has_key() -> bool:
    """Whether this server has been given a key, or has made one."""
    return bool(os.environ.get(KEYS_VARIABLE)) or os.path.exists(_key_file())


def _has_secrets(env: Environment) -> bool:
    """Whether the database holds anything that a key has encrypted."""
    for table, column in SEALED:
        query = SQL(
            "SELECT EXISTS (SELECT FROM %s WHERE %s IS NOT NULL)",
            SQL.identifier(table),
            SQL.identifier(column),
        )
        if env.execute_query(query)[0][0]:
            return True
    return False


def _cipher() -> MultiFernet:
    return MultiFernet(_keys())


def _keys() -> tuple[Fernet, ...]:
    named = os.environ.get(KEYS_VARIABLE)
    return _keys_of(named if named else _key_from_file())


@lru_cache(maxsize=4)
def _keys_of(keys: str) -> tuple[Fernet, ...]:
    found: tuple[Fernet, ...] = ()
    with suppress(ValueError):
        found = tuple(Fernet(key.strip()) for key in keys.split(",") if key)
    if not found:
        raise VaultError(f"{KEYS_VARIABLE} holds no valid Fernet key")
    return found


def _key_file() -> Path:
    return Path(config["data_dir"]) / KEY_FILE


def _key_from_file() -> str:
    try:
        return _key_file().read_text(encoding="ascii")
    except FileNotFoundError:
        raise NoKey(f"the server {socket.gethostname()} has no key") from None
    except (OSError, UnicodeError) as error:
        raise VaultError(f"the key file cannot be used: {error}") from None


def _make_key_file() -> None:
    path = _key_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A whole file under another name first: a process that comes second must never
        # read half a key, and must not replace the key of the one that came first.
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(Fernet.generate_key())
            with suppress(FileExistsError):  # another process was first: its key counts
                os.link(draft, path)
        finally:
            os.unlink(draft)
    except OSError as error:
        raise VaultError(f"the key file cannot be made: {error}") from None
