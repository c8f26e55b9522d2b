"""Where a token may be sent."""

import ipaddress
import re
from urllib.parse import urlsplit

# Narrower than the standards, so that no two programs read a URL in two ways.
_HOST = r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]"
_NETLOC = re.compile(rf"(?:{_HOST})(?::[0-9]{{1,5}})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%+-]*)*")

_LOOPBACK4 = ipaddress.ip_network("127.0.0.0/8")
_LOOPBACK6 = ipaddress.ip_network("::1/128")


class InvalidBaseUrl(ValueError):
    """A base URL that no token is sent to.

    :ivar code: ``not_a_url``, ``has_credentials``, ``has_query`` (or a fragment),
        ``not_https`` (https is needed everywhere but on this machine).
    """

    _MESSAGES = {
        "not_a_url": "This is not the address of a platform.",
        "has_credentials": "The address must not hold a user name or password.",
        "has_query": "The address must end before any ? or #.",
        "not_https": "The address must begin with https://.",
    }

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(self._MESSAGES[code])


def check_base_url(url: str) -> str:
    """The URL in its normal form: no space around it, no slash at its end.

    :raises InvalidBaseUrl: if it is not https (or http to the loopback interface), or
        holds anything but host, port and path. Host names are ASCII (punycode).
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidBaseUrl("not_a_url") from None
    if parts.scheme not in ("http", "https") or port == 0:
        raise InvalidBaseUrl("not_a_url")
    if "@" in parts.netloc:
        raise InvalidBaseUrl("has_credentials")
    if "?" in url or "#" in url:
        raise InvalidBaseUrl("has_query")
    netloc, path = parts.netloc.lower(), parts.path.rstrip("/")
    # The parser leaves out tabs and line ends: what it understood must be all of it.
    whole = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if (
        whole != parts.scheme + url[len(parts.scheme) :]
        or not _NETLOC.fullmatch(netloc)
        or not _PATH.fullmatch(path)
        or {".", ".."} & set(path.split("/"))
    ):
        raise InvalidBaseUrl("not_a_url")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise InvalidBaseUrl("not_https")
    return f"{parts.scheme}://{netloc}{path}"


def server(url: str | None) -> tuple[str, str, int | None]:
    """Which server a base URL leads to, to know another one by it.

    :param url: as :func:`check_base_url` returned it, or none
    """
    parts = urlsplit(url or "")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default


def is_loopback(host: str) -> bool:
    """Whether a host name or address stands for this machine, on any machine."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Not is_loopback, which lets IPv4 inside of IPv6 pass in some versions of Python.
    return address in _LOOPBACK4 or address in _LOOPBACK6
