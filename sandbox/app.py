"""The sandbox as one ASGI application."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, Router

from . import api, control, page
from .exchange import ELSEWHERE
from .operation import Call, Operation
from .platform import Platform

_DESCRIPTION = Path(__file__).with_name("openapi.yaml")


def build(platform: Platform) -> Router:
    """Return the application that serves a platform."""
    return Router(
        [
            Route("/v1/openapi.yaml", _description),
            Mount("/v1", api.build(platform)),
            Mount("/sandbox", control.build(platform)),
            Route(ELSEWHERE, Operation("elsewhere", _elsewhere, platform)),
            *page.routes(platform),
        ],
        redirect_slashes=False,
        default=Operation("unknown", api.unknown, platform),
    )


async def _description(_request: Request) -> Response:
    return FileResponse(_DESCRIPTION, media_type="application/yaml")


def _elsewhere(_platform: Platform, _call: Call) -> Response:
    """Answer where a redirect leads; the journal tells whether a token came."""
    return JSONResponse({})
