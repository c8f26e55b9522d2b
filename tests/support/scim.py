"""SCIM servers that others wrote, with faults on demand.

scim2-server in this process; what stands before it can stand before any other server.
"""

import base64
import contextlib
import functools
import io
import json
import threading
import time
import urllib.parse
import urllib.request
import wsgiref.simple_server
from collections.abc import Iterator
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn

from scim2_models import (
    Context,
    EnterpriseUser,
    Group,
    PatchOp,
    ScimProvider,
    User,
)
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

TOKEN = "tok-scim"
LOGIN = "odoo"
BASIC = "Basic " + base64.b64encode(f"{LOGIN}:{TOKEN}".encode()).decode()
#: what is validated as what, by method and kind of resource
MODELS = {
    "POST": (lambda kind: kind, Context.RESOURCE_CREATION_REQUEST),
    "PUT": (lambda kind: kind, Context.RESOURCE_REPLACEMENT_REQUEST),
    "PATCH": (lambda kind: PatchOp[kind], Context.RESOURCE_PATCH_REQUEST),
}
KINDS = {"Users": User[EnterpriseUser], "Groups": Group}
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:"
#: is in every group, where one that is empty is none
ADMIN = "admin"


@dataclass
class Server:
    """A server, and what it was asked.

    :ivar calls: method and path of each request
    :ivar invalid: what scim2-models says of requests that are not SCIM
    :ivar faults: (method, the path's beginning, what): ``lost`` does what is asked and
        answers 500; a number is the status of an answer to what is not done; each is
        used up once
    :ivar latency: seconds that it takes its time before each answer
    :ivar hidden: the beginnings of paths where there is nothing
    :ivar ignored: methods and beginnings of paths: it says that it has done it
    :ivar versions: whether it minds which version a change is of
    :ivar gives_tokens: whether the server itself does, and not what stands before it
    :ivar settings: what an adapter needs to know, beside the token
    :ivar token: what we sign in with ourselves
    :ivar whose: the id of the member that a new group has
    :ivar basic: whether it takes the token as a password only
    :ivar live: access tokens that are good; None where it takes the token itself
    :ivar client: id and secret of the client that it gives tokens to
    :ivar given: how many were given
    """

    url: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    faults: list[tuple[str, str, str | int]] = field(default_factory=list)
    latency: float = 0.0
    hidden: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    versions: bool = True
    gives_tokens: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    token: str = TOKEN
    whose: str = ""
    basic: bool = False
    live: set[str] | None = None
    client: tuple[str, str] = (LOGIN, TOKEN)
    given: int = 0

    def reset(self, kinds: tuple[str, ...] = ("Users",)) -> None:
        """What is of these kinds is gone, and nothing is wrong any more."""
        vars(self).update(
            calls=[], faults=[], hidden=(), ignored=(), basic=False, live=None, given=0
        )
        for kind in kinds:
            for each in everything(self, kind):
                if each.get("userName") != ADMIN:
                    _call(self, "DELETE", f"/{kind}/{each['id']}")

    @property
    def credentials(self) -> dict[str, str]:
        """What opens it, for an adapter."""
        return {"token": TOKEN, **self.settings}

    @property
    def token_url(self) -> str:
        return self.url.removesuffix("/v2") + "/token"


class _Threads(ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class _Front:
    """What stands before the server: signing in, faults, a look at each request."""

    def __init__(self, state: Server, inner):
        self.state = state
        self.inner = inner

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        self.state.calls.append((method, path))
        time.sleep(self.state.latency)
        if path == "/token":
            give = self.inner if self.state.gives_tokens else self._give_token
            return give(environ, start_response)
        self._sign_in(environ)
        if not self.state.versions:
            environ.pop("HTTP_IF_MATCH", None)
        if any(path.startswith(hidden) for hidden in self.state.hidden):
            return _error(start_response, 404)
        _validate(self.state, method, path, body, environ)
        if any(method == m and path.startswith(p) for m, p in self.state.ignored):
            start_response("204 No Content", [])
            return []
        for fault in self.state.faults:
            if fault[0] == method and path.startswith(fault[1]):
                self.state.faults.remove(fault)
                if fault[2] != "lost":
                    return _error(start_response, fault[2])
                list(self.inner(environ, lambda *_args: None))
                return _error(start_response, 500)
        return self.inner(environ, start_response)

    def _give_token(self, environ, start_response):
        sent, body = environ["HTTP_AUTHORIZATION"], environ["wsgi.input"].read()
        pair = base64.b64decode(sent.removeprefix("Basic ")).decode()
        client = tuple(urllib.parse.unquote_plus(part) for part in pair.split(":"))
        if client != self.state.client or body != b"grant_type=client_credentials":
            return _answer(start_response, 400, {"error": "invalid_client"})
        self.state.given += 1
        token = f"access-{self.state.given}"
        self.state.live = {token}
        given = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        return _answer(start_response, 200, given)

    def _sign_in(self, environ):
        """Have the server take what stands for its token."""
        sent = environ.get("HTTP_AUTHORIZATION", "")
        if self.state.basic:
            known = {BASIC}
        elif self.state.live is not None:
            known = {f"Bearer {token}" for token in self.state.live}
        else:
            return
        environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN if sent in known else 'no'}"


def _answer(start_response, status, content):
    headers = [("Content-Type", "application/scim+json"), ("Retry-After", "7")]
    start_response(f"{status} Answer", headers)
    return [json.dumps(content).encode()]


def _error(start_response, status):
    return _answer(start_response, status, {"status": str(status), "detail": "No."})


@functools.cache  # it takes longer to make than all the rest, and never changes
def _provider(patch: bool, filters: bool) -> ScimProvider:
    """What a server says that it can do."""
    config = load_default_service_provider_config()
    config.patch.supported = patch
    config.filter.supported = filters
    return ScimProvider.from_discovery(
        load_default_schemas().values(),
        load_default_resource_types().values(),
        config=config,
    )


@contextlib.contextmanager
def running(
    *, patch: bool = True, filters: bool = True, groups: bool = True, **options: object
) -> Iterator[Server]:
    """A server on this machine, as good as the arguments say."""
    provider = _provider(patch, filters)
    state = Server(**options)
    if not groups:
        state.hidden = ("/v2/Groups",)
    inner = BearerTokenApplication(
        InMemoryStorage(),
        provider,
        service=ScimService(provider, secret="of-the-cursors"),
        bearer_tokens=[TOKEN],
    )

    with serving(state, inner):
        yield state


@contextlib.contextmanager
def serving(state: Server, inner) -> Iterator[None]:
    """Have a server asked through what makes faults; the address is that of the state.

    :param inner: the server, as WSGI has it
    """
    with wsgiref.simple_server.make_server(
        "127.0.0.1",
        0,
        _Front(state, inner),
        server_class=_Threads,
        handler_class=_Quiet,
    ) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/v2"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _validate(state, method, path, body, environ):
    if method not in MODELS:
        return
    try:
        assert environ["CONTENT_TYPE"] == "application/scim+json"
        model, context = MODELS[method]
        kind = KINDS[path.split("/")[2]]
        model(kind).model_validate(json.loads(body), scim_ctx=context)
    except Exception as error:
        state.invalid.append(f"{method} {path}: {error}")


def _call(server, method, path, **body):
    request = urllib.request.Request(
        server.url + path,
        json.dumps(body).encode() if body else None,
        {
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/scim+json",
        },
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "{}")


def fetch_token(server):
    """A token, in exchange for the secret."""
    request = urllib.request.Request(
        server.token_url,
        b"grant_type=client_credentials",
        {"Authorization": BASIC},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["access_token"]


def everything(server, kind):
    """All that there is of a kind."""
    found = []
    while True:
        page = _call(server, "GET", f"/{kind}?startIndex={len(found) + 1}")
        found += page.get("Resources", [])
        if len(found) >= page["totalResults"]:
            return found


def add_group(server, name, members=()):
    """A package, whose members have these ids; its own id."""
    values = {"schemas": [f"{SCHEMA}Group"], "displayName": name}
    if members:
        values["members"] = [{"value": id_} for id_ in members]
    if server.whose:
        place = f"{server.url}/Users/{server.whose}"
        values["members"] = [{"value": server.whose, "$ref": place}]
    return _call(server, "POST", "/Groups", **values)["id"]


def add_user(server, **values):
    """A user that is not ours; its id."""
    name = {"formatted": "Outra Pessoa", "familyName": "Pessoa"}
    values = {"schemas": [f"{SCHEMA}User"], "name": name, "active": True, **values}
    return _call(server, "POST", "/Users", **values)["id"]
