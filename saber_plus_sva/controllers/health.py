# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The route that the provider's monitoring asks."""

import json
import threading
import time
from collections import deque

from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.http import request

#: requests per minute and server process that are answered
MOST_REQUESTS = 60
#: and those that come with another token, or without one
MOST_REFUSALS = 10
MINUTE = 60.0


class Turnstile:
    """Lets so many through in a minute; threads may share it.

    :param most: how many
    """

    def __init__(self, most):
        self._most = most
        self._passed = deque()
        self._lock = threading.Lock()

    def seconds_to_wait(self):
        """0 for who may pass, and has passed; else the seconds until somebody may."""
        now = time.monotonic()
        with self._lock:
            while self._passed and self._passed[0] <= now - MINUTE:
                self._passed.popleft()
            if len(self._passed) >= self._most:
                return self._passed[0] + MINUTE - now
            self._passed.append(now)
            return 0.0


known = Turnstile(MOST_REQUESTS)
strangers = Turnstile(MOST_REFUSALS)


class Health(http.Controller):
    @http.route(
        "/saber_plus_sva/health",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        readonly=True,
    )
    def health(self, format="json", **_others):  # the query's own name
        """How the accounts and the scheduled actions are.

        The token is sent as ``Authorization: Bearer …``; an address would be logged.

        :param format: ``json``, or ``prometheus`` for its text format
        :return: 200, or as JSON 503 where something is beyond its threshold; 401
            without the token, 429 for too many requests, 404 where there is no token
            yet
        """
        # sudo: monitoring has a token of its own, and no user
        health = request.env["sva.health"].sudo()
        if not health._has_token():
            raise NotFound()
        scheme, _space, token = request.httprequest.headers.get(
            "Authorization", ""
        ).partition(" ")
        is_known = scheme.lower() == "bearer" and health._is_token(token.strip())
        turnstile = known if is_known else strangers
        if wait := turnstile.seconds_to_wait():
            return self._answer(
                "Too many requests", 429, [("Retry-After", str(int(wait) + 1))]
            )
        if not is_known:
            challenge = [("WWW-Authenticate", 'Bearer realm="saber_plus_sva"')]
            return self._answer("Not authorized", 401, challenge)
        report = health._report()
        if format == "prometheus":
            # it would not read what comes with a failure: there a metric tells
            return self._answer(
                health._metrics(report), 200, kind="text/plain; version=0.0.4"
            )
        text = json.dumps(report, default=_moment, indent=2)
        status = 200 if report["status"] == "ok" else 503
        return self._answer(text, status, kind="application/json")

    def _answer(self, text, status, headers=(), kind="text/plain"):
        return request.make_response(
            text,
            [
                ("Content-Type", f"{kind}; charset=utf-8"),
                ("Cache-Control", "no-store"),
                *headers,
            ],
            status=status,
        )


def _moment(value):
    return f"{fields.Datetime.to_string(value).replace(' ', 'T')}Z"
