"""What the tests of the client share."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from saber_plus_sva.client import registry
from saber_plus_sva.client.platform import Platform
from saber_plus_sva.client.saber_plus import SaberPlus
from saber_plus_sva.client.types import NewUser, Profile

Talk = Callable[[socket.socket, bytes], None]


@pytest.fixture
def token() -> str:
    return "tok-5f3cSECRET"


@pytest.fixture
def new_user() -> NewUser:
    return NewUser(
        external_ref="sva-1",
        cpf="52998224725",
        username="maria",
        profile=Profile("Maria Silva", "+5511987654321", "SABER-LIVROS"),
        password="s3nha-Secreta",
    )


@pytest.fixture
def user_json() -> dict[str, object]:
    return {
        "id": "usr_1",
        "external_ref": "sva-1",
        "cpf": "52998224725",
        "username": "maria",
        "name": "Maria Silva",
        "phone": "+5511987654321",
        "package_code": "SABER-LIVROS",
        "status": "active",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }


@pytest.fixture
def listen() -> Iterator[Callable[[Talk], str]]:
    """Starts a server that lets a function talk on each connection; its base URL.

    The function gets the connection and what came in first, a request's head at least.
    """
    with contextlib.ExitStack() as stack:

        def start(talk: Talk) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def converse(connection: socket.socket) -> None:
                with connection, contextlib.suppress(OSError):
                    while received := connection.recv(65536):
                        talk(connection, received)

            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection, _address = listener.accept()
                        threading.Thread(
                            target=converse, args=(connection,), daemon=True
                        ).start()

            threading.Thread(target=accept, daemon=True).start()
            # Closing alone does not wake up a thread that accepts.
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        yield start


@pytest.fixture
def connect(token: str) -> Iterator[Callable[..., Platform]]:
    with contextlib.ExitStack() as stack:

        def open_(
            base_url: str = "https://api.example/v1", **options: object
        ) -> Platform:
            return stack.enter_context(
                registry.connect(SaberPlus, base_url, {"token": token}, **options)
            )

        yield open_
