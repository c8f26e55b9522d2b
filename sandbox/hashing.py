"""Salted hashes, for what must be compared later but never read back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

# Cheap on purpose: a sandbox guards invented passwords and has to be quick.
_COST = 2**10


def hashed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns for a caller's values, without a clear password."""
    row = dict(values)
    if "password" in row:
        row["password_hash"] = digest(row.pop("password"))
    return row


def digest(text: str) -> str:
    """Return a salted hash of the text, to be kept."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_scrypt(text, salt).hex()}"


def matches(text: str, kept: str) -> bool:
    """Tell whether ``kept`` is a digest of the text."""
    salt, _separator, expected = kept.partition("$")
    return hmac.compare_digest(
        _scrypt(text, bytes.fromhex(salt)), bytes.fromhex(expected)
    )


def _scrypt(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode(), salt=salt, n=_COST, r=8, p=1, dklen=32)
