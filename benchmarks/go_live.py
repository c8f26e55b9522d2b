"""From saving an SVA user to the platform showing it active, on an idle server.

Odoo, PostgreSQL, HTTP and the sandbox are processes of their own, and the user is saved
over RPC, as a front desk's browser does it.
"""

import statistics
import tempfile
import time
from pathlib import Path

import odoorpc

from dev.database import Databases
from dev.day import today
from sandbox.client import Control
from sandbox.server import running
from tests.support.people import make_cpf

from .figures import Figure

RUNS = 100
#: seconds that the slowest but five of a hundred may take, beside the platform itself
AT_MOST = 0.5
TOKEN = "tok-benchmark"


def run(databases: Databases) -> list[Figure]:
    """Measure :data:`RUNS` saves, one after the other."""
    with (
        databases.fresh("bench") as name,
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "sandbox.db", TOKEN) as platform,
        databases.odoo.server(name) as server,
    ):
        odoo = odoorpc.ODOO("127.0.0.1", port=server.port)
        odoo.login(name, "admin", "admin")
        product = _set_up(odoo.env, platform.url)
        control = Control(platform.root)
        time.sleep(5)  # the scheduled actions of a fresh database
        seconds = [_once(odoo.env, control, product, n) for n in range(RUNS)]
    middle, slow = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return [
        Figure(
            f"save to active, idle server, latency 0, p95 of {RUNS} "
            f"(median {middle:.2f} s)",
            slow,
            "s",
            AT_MOST,
        )
    ]


def _set_up(env, url: str) -> int:
    integration = env["sva.integration"].create(
        {"name": "Saber+", "base_url": url, "token": TOKEN}
    )
    env["sva.integration"].action_fetch_packages([integration])
    [package] = env["sva.package"].search(
        [("code", "=", "SABER-LIVROS"), ("integration_id", "=", integration)]
    )
    product = env["product.template"].create(
        {
            "name": "Saber+ Livros",
            "type": "service",
            "sva_integration_id": integration,
            "sva_package_id": package,
        }
    )
    return env["product.template"].browse(product).product_variant_id.id


def _once(env, control: Control, product: int, number: int) -> float:
    cpf = make_cpf(200_000_000 + number)
    customer = env["res.partner"].create(
        {"name": f"Cliente {number}", "vat": cpf, "phone": "+55 11 98765-4321"}
    )
    first_day = today().isoformat()
    line = {"product_id": product, "name": "SVA", "date_start": first_day}
    line["recurring_next_date"] = first_day
    contract = env["contract.contract"].create(
        {
            "name": f"Contrato {number}",
            "partner_id": customer,
            "line_recurrence": True,
            "contract_line_ids": [(0, 0, line)],
        }
    )
    started = time.monotonic()
    env["sva.user"].create({"contract_id": contract})
    while (control.user(cpf) or {}).get("status") != "active":
        time.sleep(0.01)
    return time.monotonic() - started
