"""Posts to other programs, signed so that they know whom they come from.

Headers and signature are those of Standard Webhooks, for which there are libraries in
most languages: HMAC-SHA256 of the post's id, its time and its body.
"""

import base64
import contextlib
import hashlib
import hmac
import json as jsonlib
import secrets as random
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Unpack

import requests

from .base_url import check_base_url
from .errors import PlatformError, Refused, Unavailable
from .transport import Options, Transport, _Answer

#: what a secret begins with; what follows it is the key, in base64
PREFIX = "whsec_"
#: bytes of a key: as many as the hash has
_KEY_SIZE = 32


def new_secret() -> str:
    """A secret for one receiver."""
    return PREFIX + base64.b64encode(random.token_bytes(_KEY_SIZE)).decode()


def sign(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """The value of the header ``webhook-signature``.

    :param secret: as :func:`new_secret` returned it
    :param id_: the post's id, which no other post has
    :param timestamp: seconds since 1970, UTC
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{id_}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check_receiver_url(url: str) -> str:
    """The URL in its normal form; a slash at its end stays, for it is another path.

    :raises InvalidBaseUrl: as for a platform's base URL
    """
    clean = check_base_url(url)
    return f"{clean}/" if url.strip().endswith("/") else clean


class Receiver(Transport):
    """Another program that is told of something.

    No header, nor any other part of a post, holds the secret. Whatever a receiver says
    beside a status of 2xx is not read.

    :param url: as :func:`check_receiver_url` returned it
    :param secret: as :func:`new_secret` returned it
    """

    def __init__(self, url: str, secret: str, **options: Unpack[Options]) -> None:
        super().__init__(url, secret, lambda status, body: None, **options)

    def deliver(self, id_: str, content: object) -> None:
        """Post something, with the id by which the receiver knows it again.

        :param content: anything that JSON can hold
        :raises PlatformError: it was not taken
        """
        self.request(
            "deliver",
            "POST",
            "",
            read=lambda body: None,
            json=content,
            headers={"webhook-id": id_},
        )

    def _prepared(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        json: object,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        # what is signed must be what is sent, to the byte
        body = jsonlib.dumps(json, separators=(",", ":"), sort_keys=True).encode()
        headers = headers or {}
        now = int(time.time())
        request = requests.Request(
            method,
            self._base_url + path,
            data=body,
            headers={
                **headers,
                "Content-Type": "application/json",
                "webhook-timestamp": str(now),
                "webhook-signature": sign(
                    self._token, headers["webhook-id"], now, body
                ),
            },
        )
        with contextlib.suppress(ValueError):
            return self._session.prepare_request(request)
        raise Refused("malformed_request")

    def _body(self, answer: _Answer, secrets: tuple[str, ...]) -> object:
        if answer.status is not None and 200 <= answer.status < 300:
            return None
        return super()._body(answer, secrets)


def deliver_all(
    receiver: Receiver,
    posts: Iterable[tuple[str, object]],
    side_by_side: int,
    seconds: float,
) -> dict[str, PlatformError | None]:
    """Make posts, several at once, until the receiver is away or the time is up.

    :param posts: the id and the content of each
    :param seconds: after which no further post is begun
    :return: by id what went wrong, None where the post was taken; those that were not
        tried are not in it
    """
    deadline = time.monotonic() + seconds
    is_away = threading.Event()
    outcomes: dict[str, PlatformError | None] = {}

    def deliver(post: tuple[str, object]) -> None:
        if is_away.is_set() or time.monotonic() > deadline:
            return
        id_, content = post
        try:
            receiver.deliver(id_, content)
        except PlatformError as error:
            outcomes[id_] = error
            if isinstance(error, Unavailable):
                is_away.set()
        else:
            outcomes[id_] = None

    with ThreadPoolExecutor(side_by_side) as pool:
        for _done in pool.map(deliver, posts):
            pass
    return outcomes
