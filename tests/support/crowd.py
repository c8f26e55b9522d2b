"""A provider with many SVA users, whose rows are looked at from beside Odoo."""

from __future__ import annotations

import re
import xmlrpc.client
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from dev.database import Databases
from dev.odoo import Odoo, Server

from .provider import Platform, XmlRpc, eventually

SHOP = """
from odoo import Command
from stdnum.br import cpf as rules

env = env(context={{"tracking_disable": True}})
integration = env["sva.integration"].create({{
    "name": "Saber+", **{account}, "request_timeout": {timeout},
    "max_concurrency": {concurrency},
}})
integration.action_fetch_packages()
package = integration.package_ids.filtered(lambda one: one.code == "{package}")
product = env["product.template"].create({{
    "name": "Saber+ Livros", "type": "service", "list_price": 14.9,
    "sva_integration_id": integration.id, "sva_package_id": package.id,
}}).product_variant_id
bases = [str(300_000_000 + number) for number in range({count})]
partners = env["res.partner"].create([
    {{"name": f"Cliente {{base}}", "vat": base + rules._calc_check_digits(base),
      "phone": "+5511987654321"}}
    for base in bases
])
contracts = env["contract.contract"].create([
    {{
        "name": partner.name, "partner_id": partner.id, "line_recurrence": True,
        "contract_line_ids": [Command.create({{
            "product_id": product.id, "name": product.name, "price_unit": 14.9,
            "date_start": "2026-01-01", "recurring_next_date": "2026-01-01",
        }})],
    }}
    for partner in partners
])
env["sva.user"].create([{{"contract_id": contract.id}} for contract in contracts])
# the others would write invoices for all of them meanwhile
cron = env.ref("saber_plus_sva.cron_sync_users")
env["ir.cron"].search([("id", "!=", cron.id)]).active = False
env.cr.commit()
print("IDS", integration.id, cron.id)
"""


@dataclass
class Crowd:
    """A provider with many SVA users that the platform has never heard of."""

    odoo: Odoo
    database: str
    platform: Platform
    integration: int
    cron: int

    @classmethod
    def gather(
        cls,
        odoo: Odoo,
        database: str,
        platform: Platform,
        count: int,
        **options,
    ) -> Crowd:
        """Create so many SVA users, each on a contract of its own.

        :param options: of the integration; by default a lease is 32 s
        """
        options = {"timeout": 2, "concurrency": 8, **options}
        script = SHOP.format(
            account=platform.account, package=platform.package, count=count, **options
        )
        output = odoo.shell(database, script)
        integration, cron = map(int, re.search(r"IDS (\d+) (\d+)", output).groups())
        platform.forget()
        return cls(odoo, database, platform, integration, cron)

    def slow_down(self, seconds: float) -> None:
        """Have the platform take its time, for work to last and to be cut short."""
        self.platform.slow_down(seconds)

    def speed_up(self) -> None:
        self.platform.mend()

    def server(self, **options):
        return self.odoo.server(self.database, **options)

    def cursor(self):
        """A look at the database that needs no Odoo to be up."""
        return Databases(self.odoo).cursor(self.database)

    def rows(self, columns: str, where: str = "TRUE", table: str = "sva_user") -> list:
        with self.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {table}"
                f" WHERE integration_id = %s AND {where} ORDER BY id",
                (self.integration,),
            )
            return cursor.fetchall()

    def left(self, where: str = "TRUE") -> int:
        """How many users and removals are not in step."""
        where = f"sync_state != 'synced' AND {where}"
        return sum(
            len(self.rows("id", where, table))
            for table in ("sva_user", "sva_user_removal")
        )

    def claims(self) -> set[str]:
        """The names of the claims under way, and of those that a crash has left."""
        where = "lease_token IS NOT NULL"
        return {
            token
            for table in ("sva_user", "sva_user_removal")
            for (token,) in self.rows("lease_token", where, table)
        }

    def run_manually(self, call: XmlRpc) -> None:
        """What the button of a scheduled action does; returns when all is done.

        The scheduler may be at it already, and it may be cut short like all else.
        """
        with suppress(xmlrpc.client.Error, OSError):
            call("ir.cron", "method_direct_trigger", [self.cron])

    def finish(self, server: Server) -> None:
        """Wait until all is in step.

        The scheduler looks for leases that have run out once a minute; a person who
        presses the button does not wait for that.
        """
        free = "(lease_until IS NULL OR lease_until < now() AT TIME ZONE 'UTC')"

        def finished() -> bool:
            if self.left(free) and (call := log_in(server)):
                self.run_manually(call)
            return not self.left()

        eventually(finished, 180)

    def check(self, about: str = "") -> None:
        """Both sides agree, nobody was created twice, and nothing is left claimed."""
        held = self.platform.users()
        wanted = {
            cpf: values
            for cpf, *values in self.rows(
                "cpf_cnpj, state, name, phone, external_ref, platform_user_id,"
                " (SELECT code FROM sva_package WHERE sva_package.id = package_id)"
            )
        }
        names = ("status", "name", "phone", "external_ref", "id", "package_code")
        seen = {cpf: [user[name] for name in names] for cpf, user in held.items()}
        assert seen == wanted, about
        in_step = "platform_state IN (state, 'inactive')"
        assert set(self.rows(f"sync_state, {in_step}")) == {("synced", True)}, about
        for table in ("sva_user", "sva_user_removal"):
            claimed = "lease_token IS NOT NULL OR lease_until IS NOT NULL"
            assert not self.rows("id", f"({claimed})", table), about
        # the journal masks the first and the last digits, which are all the same here
        attempts = self.platform.requests("createUser")
        created = Counter(attempt["cpf"] for attempt in attempts)
        assert max(created.values()) == 1, (about, created.most_common(3))
        assert {attempt["status"] for attempt in attempts} == {201}, about


def log_in(server: Server) -> XmlRpc | None:
    """A session, once Odoo has noticed that PostgreSQL is back.

    An Odoo that has ended is started again, as systemd does it: with Python 3.11 it can
    die when a cursor is collected whose connection broke while it was being closed.
    """
    if not server.running():
        server.start()
    with suppress(xmlrpc.client.Error, OSError):
        return XmlRpc(server, "admin")
    return None
