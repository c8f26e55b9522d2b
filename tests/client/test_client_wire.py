"""What only shows on real sockets: time-outs, broken connections, bounds, reuse."""

import json
import logging
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from saber_plus_sva.client.errors import BadAnswer, PlatformError, Unavailable
from saber_plus_sva.client.transport import Call

ACCOUNT = json.dumps({"id": "acc_1", "name": "Provedor", "status": "active"}).encode()


def answer(body: bytes = ACCOUNT, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def drip(connection: socket.socket, start: bytes, piece: bytes) -> None:
    connection.sendall(start)
    while True:
        connection.sendall(piece)
        time.sleep(0.05)


def failure_of(call) -> tuple[PlatformError, float]:
    start = time.monotonic()
    with pytest.raises(PlatformError) as caught:
        call()
    assert caught.value.__context__ is None
    return caught.value, time.monotonic() - start


def outcome(error: PlatformError) -> tuple[type, str, bool]:
    return type(error), error.code, error.maybe_applied


#: seconds in which a call is over that waits for half a one: for ever, if it were not
SOON = 5
TIMEOUT = (Unavailable, "timeout", True)
MALFORMED = (BadAnswer, "malformed_answer", True)


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection, _: time.sleep(2),
        lambda connection, _: drip(connection, b"", b"H"),
        lambda connection, _: drip(connection, b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        lambda connection, _: drip(
            connection, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n"
        ),
        lambda connection, _: drip(
            connection, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "
        ),
        lambda connection, _: drip(
            connection,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\n \r\n",
        ),
        lambda connection, _: drip(connection, b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
    ids=["silent", "status", "headers", "continue", "body", "chunks", "open end"],
)
def test_the_time_out_is_for_the_whole_call(listen, connect, talk) -> None:
    error, seconds = failure_of(connect(listen(talk), timeout=0.4).account)
    # "headers" may reach the limit of their number first.
    assert outcome(error) in (TIMEOUT, MALFORMED)
    assert seconds < SOON


def test_a_redirect_with_an_endless_body(listen, connect) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\n\r\n"
    url = listen(lambda connection, _: drip(connection, head, b" "))
    error, seconds = failure_of(connect(url, timeout=0.4).account)
    assert outcome(error) == (BadAnswer, "redirected", True)
    assert seconds < SOON


def test_redirects_are_not_followed(listen, connect) -> None:
    reached = threading.Event()
    other = listen(lambda connection, _: reached.set())

    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer(b"", "307 Temporary Redirect", f"Location: {other}"))

    error, _ = failure_of(connect(listen(talk)).account)
    assert error.code == "redirected"
    assert error.status == 307
    assert not reached.is_set()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_reset(listen, connect, sent: bytes) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(sent)
        time.sleep(0.1)
        reset(connection)

    error, _ = failure_of(connect(listen(talk)).account)
    assert outcome(error) == (Unavailable, "connection_lost", True)


def test_closed_without_an_answer(listen, connect) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    error, _ = failure_of(connect(listen(talk)).account)
    assert outcome(error) == (Unavailable, "connection_lost", True)


@pytest.mark.parametrize(
    "sent",
    [
        answer()[:-5],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70000 + b"\r\n\r\n",
        answer(b"\x1f\x8b\x08\x00", "200 OK", "Content-Encoding: gzip"),
    ],
    ids=["cut", "cut chunk", "bad chunk", "lengths", "ssh", "many", "long", "gzip"],
)
def test_not_the_answer_of_an_api(listen, connect, sent: bytes) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_RDWR)

    error, _ = failure_of(connect(listen(talk)).account)
    assert outcome(error) == MALFORMED


def test_a_body_without_end(listen, connect) -> None:
    sent = 0

    def talk(connection: socket.socket, _: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    error, _ = failure_of(connect(listen(talk)).account)
    assert outcome(error) == (BadAnswer, "answer_too_large", True)
    assert sent < 16 * 1024 * 1024


def test_nobody_listens(connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    calls: list[Call] = []
    platform = connect(f"http://127.0.0.1:{port}", on_call=calls.append)
    error, _ = failure_of(platform.account)
    assert outcome(error) == (Unavailable, "connection_failed", False)
    assert [(call.status, call.outcome) for call in calls] == [
        (None, "connection_failed")
    ]


def test_no_such_host(connect) -> None:
    error, _ = failure_of(connect("https://does-not-exist.invalid").account)
    assert outcome(error) == (Unavailable, "connection_failed", False)


def test_a_host_name_that_cannot_be(connect) -> None:
    error, _ = failure_of(connect(f"https://{'a' * 70}.example").account)
    assert outcome(error) == (Unavailable, "connection_failed", False)


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda connection, _: connection.sendall(answer()), "tls_failed"),
        (lambda connection, _: reset(connection), "connection_failed"),
        (lambda connection, _: time.sleep(2), "timeout"),
    ],
    ids=["plain http", "reset", "silent"],
)
def test_no_tls(listen, connect, talk, code: str) -> None:
    url = listen(talk).replace("http://", "https://")
    error, seconds = failure_of(connect(url, timeout=0.5).account)
    assert outcome(error) == (Unavailable, code, False)
    assert seconds < SOON


@pytest.fixture
def certificate(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("makes its certificate with openssl")
    path = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", path, "-out", tmp_path / "cert.pem"],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


def serve_tls(listen, certificate, talk) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def first(connection: socket.socket, received: bytes) -> None:
        """TLS by hand, as the first bytes are read already."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(received)

        def until_done(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    received = connection.recv(65536)
                    if not received:
                        raise ConnectionResetError from None
                    incoming.write(received)
                finally:
                    connection.sendall(outgoing.read())

        until_done(tls.do_handshake)
        while until_done(lambda: tls.read(65536)):
            talk(lambda data: until_done(lambda: tls.write(data)))

    return listen(first).replace("http://127.0.0.1", "https://localhost")


def test_tls(listen, connect, certificate, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    platform = connect(serve_tls(listen, certificate, lambda send: send(answer())))
    assert platform.account().name == "Provedor"
    assert platform.account().name == "Provedor"


def test_tls_is_verified(listen, connect, certificate, monkeypatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    url = serve_tls(listen, certificate, lambda send: send(answer()))
    error, _ = failure_of(connect(url).account)
    assert outcome(error) == (Unavailable, "tls_failed", False)


def test_the_time_out_over_tls(listen, connect, certificate, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    def talk(send) -> None:
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        while True:
            send(b" ")
            time.sleep(0.05)

    url = serve_tls(listen, certificate, talk)
    error, seconds = failure_of(connect(url, timeout=0.5).account)
    assert outcome(error) == TIMEOUT
    assert seconds < SOON


def test_a_ca_bundle_that_is_not_there(connect, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/does/not/exist.pem")
    error, _ = failure_of(connect("https://localhost:1").account)
    assert outcome(error) == (Unavailable, "connection_failed", False)


def test_a_proxy_that_says_no(listen, connect, monkeypatch) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer(b"", "407 Proxy Authentication Required"))

    proxy = listen(talk).removesuffix("/v1")
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error, _ = failure_of(connect("https://api.example").account)
    assert outcome(error) == (Unavailable, "connection_failed", False)


def test_a_proxy_that_drips(listen, connect, monkeypatch) -> None:
    proxy = listen(lambda c, _: drip(c, b"HTTP/1.1 200", b"x")).removesuffix("/v1")
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error, seconds = failure_of(connect("https://api.example", timeout=0.4).account)
    assert outcome(error) == (Unavailable, "timeout", False)
    assert seconds < SOON


def test_connections_are_reused(listen, connect) -> None:
    connections = set()

    def talk(connection: socket.socket, request: bytes) -> None:
        connections.add(connection)
        # A slow call leaves nothing of its time-out to the next one.
        time.sleep(0.2)
        gone = request.startswith(b"DELETE")
        connection.sendall(
            b"HTTP/1.1 204 No Content\r\n\r\n" if gone else answer(),
        )

    platform = connect(listen(talk), timeout=0.5)
    for _ in range(4):
        platform.account()
        platform.delete_user("usr_1")
    assert len(connections) == 1


def test_threads_wait_for_their_turn(listen, connect) -> None:
    at_once = most = 0
    lock = threading.Lock()

    def talk(connection: socket.socket, _: bytes) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.2)
        with lock:
            at_once -= 1
        connection.sendall(answer())

    calls: list[Call] = []
    platform = connect(listen(talk), pool_size=2, timeout=0.5, on_call=calls.append)
    threads = [threading.Thread(target=platform.account) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Ten calls of 0.2 s, two at once: the last ones wait longer than the time-out.
    assert [call.outcome for call in calls] == ["ok"] * 10
    assert most == 2


def test_logs_are_masked(listen, connect, token: str, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    body = b'{"items": [], "next_cursor": null}'

    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer(body, "200 OK", "a bad header"))

    assert connect(listen(talk)).find_user("52998224725", "sva-1") is None
    assert "cpf=***25" in caplog.text
    assert "52998224725" not in caplog.text
    assert token not in caplog.text
