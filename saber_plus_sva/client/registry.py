"""Which platforms come with this addon, and how to reach one."""

from collections.abc import Mapping
from typing import Unpack

from .base_url import check_base_url
from .platform import Platform
from .saber_plus import SaberPlus
from .scim import Scim
from .transport import Options

#: adapters by the value of ``sva.integration``'s field ``platform``
PLATFORMS: dict[str, type[Platform]] = {
    "saber_plus": SaberPlus,
    "scim": Scim,
}


def connect(
    adapter: type[Platform],
    base_url: str,
    credentials: Mapping[str, str],
    **options: Unpack[Options],
) -> Platform:
    """The account that the credentials open; nothing is sent yet.

    :param adapter: one of `PLATFORMS`' values, or another addon's.
    :param credentials: a value for each of the adapter's ``credentials``, and for
        those of its ``settings`` that are not as they are by default.
    :param options: those of `Transport`.
    :raises InvalidBaseUrl: see `check_base_url`.
    :raises Unauthorized: (``malformed_token``) if no request could carry them.
    """
    return adapter(check_base_url(base_url), **credentials, **options)
