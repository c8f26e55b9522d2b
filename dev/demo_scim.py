"""The provider's own courses: a server that speaks SCIM 2.0, beside the demo's Odoo."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from .console import StepFailed, say

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
#: what can be learnt there
COURSES = ("Informática básica", "Inglês")
#: seconds until it must answer
PATIENCE = 30.0


class Courses:
    """scim2-server in a process of its own; it keeps all in its memory."""

    def __init__(self, port: int, token: str):
        self.url = f"http://127.0.0.1:{port}/v2"
        self._port = port
        self._token = token

    def __enter__(self) -> "Courses":
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("scim2-server")]
            + ["--port", str(self._port), "--bearer-token", self._token],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_error) -> None:
        self.process.terminate()
        self.process.wait(10)

    def offer(self) -> None:
        """Have the courses to choose from, once it answers.

        :raises StepFailed: it does not
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._call("/Groups")
                break
            except urllib.error.URLError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise StepFailed("The SCIM server did not start") from error
                time.sleep(0.1)
        for name in COURSES:
            self._call("/Groups", {"schemas": [SCHEMA], "displayName": name})
        say(f"SCIM server at {self.url}: {', '.join(COURSES)}")

    def user(self, name: str) -> dict | None:
        """The user of that name."""
        found = self._call(f"/Users?filter={quote(f'userName eq {json.dumps(name)}')}")
        return next(iter(found.get("Resources", [])), None)

    def _call(self, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode() if body else None,
            {
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/scim+json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
