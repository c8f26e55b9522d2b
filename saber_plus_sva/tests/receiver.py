# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Another program that takes posts, over real HTTP."""

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """What has come in, and what is answered.

    :ivar status: what is answered, or a function that says so of a post
    :ivar taken: the posts that were answered with a status of 2xx
    :ivar refused: the others
    """

    def __init__(self):
        self.status = 204
        self.headers = {}
        self.taken = []
        self.refused = []
        self.secret = None

    def hear(self, headers, body):
        post = {
            "id": headers["webhook-id"],
            "headers": dict(headers),
            "is_signed": self._is_signed(headers, body),
            **json.loads(body),
        }
        status = self.status(post) if callable(self.status) else self.status
        (self.taken if 200 <= status < 300 else self.refused).append(post)
        return status

    def _is_signed(self, headers, body):
        """As a stranger would do it who has read the page on the external API."""
        if not self.secret or abs(time.time() - int(headers["webhook-timestamp"])) > 60:
            return False
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        head = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
        digest = hmac.new(key, head.encode() + body, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(digest).decode()
        return hmac.compare_digest(wanted, headers["webhook-signature"])


@contextmanager
def listening(listener):
    """Run it; gives its address, which ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(listener.hear(self.headers, body))
            for name, value in listener.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
