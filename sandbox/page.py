"""The page that shows the platform's side to whoever tries the demo."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from .control import is_local
from .faults import ANY_OPERATION, KINDS, OPERATIONS
from .journal import mask_cpf
from .platform import Platform

_SHOWN_USERS = 100
_SHOWN_REQUESTS = 30

_OPERATION_LABELS = {
    ANY_OPERATION: "todas as operações",
    "getAccount": "consultar conta",
    "listPackages": "listar pacotes",
    "listUsers": "listar usuários",
    "createUser": "criar usuário",
    "getUser": "consultar usuário",
    "updateUser": "alterar usuário",
    "deleteUser": "excluir usuário",
    "setUserStatus": "mudar situação",
    "unknown": "desconhecida",
    "elsewhere": "outro endereço",
}
_KIND_LABELS = {
    "latency": "lentidão",
    "status": "erro HTTP",
    "rate_limited": "limite de requisições (429)",
    "lost_answer": "resposta perdida",
    "reset": "conexão derrubada",
    "malformed": "resposta que não é JSON",
    "truncated": "resposta cortada",
    "wrong_shape": "JSON fora do formato",
    "expired_token": "token recusado (401)",
    "redirect": "redirecionamento (302)",
    "oversize": "resposta gigante",
}
_STATUS_LABELS = {"active": "Ativo", "blocked": "Bloqueado", "disabled": "Desativado"}


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the page and of the part that refreshes itself."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cpf"] = mask_cpf
    environment.globals.update(
        operation_labels=_OPERATION_LABELS,
        kind_labels=_KIND_LABELS,
        status_labels=_STATUS_LABELS,
        operations=(ANY_OPERATION, *OPERATIONS),
        kinds=tuple(KINDS),
        shown_users=_SHOWN_USERS,
    )

    async def render(request: Request, template: str) -> Response:
        if not is_local(request):
            return Response("Only from this machine.\n", 403)
        entries = platform.journal.entries()[-_SHOWN_REQUESTS:]
        state = {
            "faults": platform.faults.all(),
            "requests": list(reversed(entries)),
            **await run_in_threadpool(_kept, platform),
        }
        html = environment.get_template(template).render(state)
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    async def page(request: Request) -> Response:
        return await render(request, "page.html")

    async def live(request: Request) -> Response:
        return await render(request, "live.html")

    return [Route("/", page), Route("/live", live)]


def _kept(platform: Platform) -> dict[str, object]:
    """Return what the page shows of the database."""
    with platform.store.session() as session:
        packages, _more = session.packages()
        return {
            "account_status": session.account_status(),
            "counts": session.count_users(),
            "packages": {package.code: package for package in packages},
            "users": session.newest_users(_SHOWN_USERS),
        }
