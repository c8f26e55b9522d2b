"""Where things are: the checkout, and the cache that all checkouts share."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
#: what one checkout leaves behind while it works: logs, file stores, configurations
STATE = ROOT / ".run"


def cache_dir() -> Path:
    """The folder for what was fetched or is slow to make, shared by all checkouts.

    ``SABER_PLUS_SVA_CACHE`` names it; else it is below ``XDG_CACHE_HOME`` or
    ``~/.cache``. For root it is below ``/var/cache``: the embedded PostgreSQL
    runs as a user of its own, who may not enter root's home.
    """
    named = os.environ.get("SABER_PLUS_SVA_CACHE")
    if named:
        return Path(named).resolve()
    home = os.environ.get("XDG_CACHE_HOME")
    if not home:
        home = "/var/cache" if os.geteuid() == 0 else Path.home() / ".cache"
    return Path(home).resolve() / "saber_plus_sva"


def digest(*parts: str | bytes) -> str:
    """A short name for the given contents, for cache folders and databases."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()[:10]
