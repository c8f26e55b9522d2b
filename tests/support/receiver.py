"""Another program that takes posts, and is not always there."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dev.odoo import free_port


class Receiver:
    """Listens at one address, with interruptions.

    :param verify: tells by headers and body whether a post is from Odoo
    """

    def __init__(self, verify: Callable[..., bool]):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/sva"
        #: what is answered
        self.status = 200
        #: what was posted, by the posts' ids, in the order in which they came
        self.posts: dict[str, dict] = {}
        #: what nobody had signed
        self.forged: list[dict] = []
        self._verify = verify
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        """Be there from now on."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status
                if status < 300:
                    receiver._take(self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Be gone, as after a power cut."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, headers, body: bytes) -> None:
        post = json.loads(body)
        if self._verify(headers, body):
            self.posts.setdefault(headers["webhook-id"], post)
        else:
            self.forged.append(post)

    def heard(self, kind: str) -> list[int]:
        """The ids of the SVA users that something was told of, in their order."""
        posts = list(self.posts.values())  # they go on coming in
        return [post["data"]["id"] for post in posts if post["type"] == kind]
