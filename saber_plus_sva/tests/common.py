# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider with a contract, and a Saber+ to talk to."""

import sys
import tempfile
import unittest
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import freezegun
import requests
from stdnum.br import cpf

from odoo import Command
from odoo.tests import TransactionCase

from odoo.addons.mail.tests.common import mail_new_test_user

# Odoo has the addon on its path, but not the repository around it
REPOSITORY = Path(__file__).resolve().parents[2]
if (REPOSITORY / "sandbox" / "server.py").exists():
    sys.path.append(str(REPOSITORY))

try:
    from sandbox.server import running
except ImportError:  # installed from a wheel: the sandbox stays in the repository
    running = None

# the sandbox's event loop goes on while a test's clock stands still
freezegun.configure(extend_ignore_list=["asyncio"])

TOKEN = "tok-sandbox-0123456789"
PACKAGE = "SABER-LIVROS"
CPFS = ("52998224725", "11144477735", "39053344705", "15350946056", "86288366757")


def cpfs(count, first=0):
    """Valid CPFs, made by the rule of the Receita Federal."""
    for number in range(first, first + count):
        base = f"{100000000 + number}"
        yield base + cpf._calc_check_digits(base)


class Sandbox:
    """The platform's side of a test."""

    def __init__(self, server):
        self.url = server.url
        self._control = f"{server.root}/sandbox"
        self._session = requests.Session()

    def _call(self, method, path, **body):
        answer = self._session.request(
            method, f"{self._control}{path}", json=body or None, timeout=10
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self):
        self._call("POST", "/reset")

    def fault(self, operation, kind, **options):
        return self._call("POST", "/faults", operation=operation, kind=kind, **options)

    def mend(self):
        self._call("DELETE", "/faults")

    def users(self):
        """The platform's users by CPF."""
        return {user["cpf"]: user for user in self._call("GET", "/users")["items"]}

    def put_user(self, user_id, **values):
        return self._call("PUT", f"/users/{user_id}", **values)

    def delete_user(self, user_id):
        self._call("DELETE", f"/users/{user_id}")

    def add_user(self, **values):
        return self._call("POST", "/users", **values)

    def has_password(self, user_id, password):
        path = f"/users/{user_id}/password-check"
        return self._call("POST", path, password=password)["matches"]

    def operations(self):
        """The operations called so far, in their order."""
        return [item["operation"] for item in self._call("GET", "/requests")["items"]]

    def forget(self):
        self._call("DELETE", "/requests")

    def suspend(self, status="suspended"):
        self._call("PUT", "/account", status=status)

    def set_package(self, code, **values):
        self._call("PUT", f"/packages/{code}", **values)

    def remove_package(self, code):
        self._call("DELETE", f"/packages/{code}")


class SvaCase(TransactionCase):
    """Each test has a cursor that can be committed, as the engine has to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if running is None:
            raise unittest.SkipTest("needs the sandbox of the repository")
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        server = cls.enterClassContext(running(Path(folder) / "sandbox.db", TOKEN))
        cls.sandbox = Sandbox(server)

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        cursor = self.registry.cursor()
        self.addCleanup(cursor.close)
        self.env = self.env(
            cr=cursor, context={**self.env.context, "tracking_disable": True}
        )
        self.sandbox.reset()
        self.integration = self._integration()
        self.integration.action_fetch_packages()
        self.package = self._package(PACKAGE)
        self.product = self._product("Saber+ Livros", self.package)
        self.internet = self._product("Fibra 500 Mb")
        self.customer = self._customer("Maria da Silva", CPFS[0])
        self.contract = self._contract(self.customer)

    def _integration(self, **values):
        return self.env["sva.integration"].create(
            {
                "name": "Saber+",
                "base_url": self.sandbox.url,
                "token": TOKEN,
                "request_timeout": 2,
                **values,
            }
        )

    def _package(self, code):
        return self.env["sva.package"].search(
            [("integration_id", "=", self.integration.id), ("code", "=", code)]
        )

    def _product(self, name, package=None, **values):
        return (
            self.env["product.template"]
            .create(
                {
                    "name": name,
                    "type": "service",
                    "list_price": 29.9,
                    "sva_integration_id": package and package.integration_id.id,
                    "sva_package_id": package and package.id,
                    **values,
                }
            )
            .product_variant_id
        )

    def _customer(self, name, cpf, phone="(11) 98765-4321"):
        return self.env["res.partner"].create(
            {
                "name": name,
                "vat": cpf,
                "phone": phone,
                "country_id": self.env.ref("base.br").id,
            }
        )

    def _contract(self, customer, products=None, **values):
        if products is None:
            products = self.internet + self.product
        return self.env["contract.contract"].create(
            {
                "name": f"Contrato de {customer.name}",
                "partner_id": customer.id,
                "line_recurrence": True,
                "contract_line_ids": [
                    Command.create(self._line_values(product)) for product in products
                ],
                **values,
            }
        )

    def _line_values(self, product, **values):
        return {
            "product_id": product.id,
            "name": product.name,
            "quantity": 1,
            "price_unit": product.list_price,
            "date_start": "2026-01-01",
            "recurring_next_date": "2026-01-01",
            "recurring_rule_type": "monthly",
            "recurring_interval": 1,
            **values,
        }

    def _sva_user(self, contract=None, **values):
        return self.env["sva.user"].create(
            {"contract_id": (contract or self.contract).id, **values}
        )

    def _sva_line(self, contract=None):
        lines = (contract or self.contract).contract_line_ids
        return lines.filtered(lambda line: line.service_type == "sva")

    def _sell_tomorrow(self, contract, product):
        """Today is the last day of the SVA that is sold; this one comes after it."""
        today = contract._sva_today()
        self._sva_line(contract).date_end = today
        start = today + timedelta(days=1)
        values = self._line_values(product, date_start=start, recurring_next_date=start)
        contract.contract_line_ids = [Command.create(values)]

    def _invoice(self, contract, days_overdue=0, amount=100.0, **values):
        """A posted invoice of a contract, due some days ago."""
        due = contract._sva_today() - timedelta(days=days_overdue)
        line = contract.contract_line_ids[:1]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": contract.partner_id.id,
                "company_id": contract.company_id.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "contract_line_id": line.id,
                            "price_unit": amount,
                            "tax_ids": [],
                        }
                    )
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def _pay(self, invoice, amount=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": amount} if amount else {})._create_payments()
        self._end_of_request()

    def _end_of_request(self):
        """What happens where a request ends, short of its commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _dun(self):
        """What the daily action does."""
        self._end_of_request()
        self.env["ir.cron"]._commit_progress()
        self.env["contract.dunning"]._cron_contract_lifecycle()
        self.env.invalidate_all()

    def _switch_dunning_on(self, overdue=1, block=15, cancel=75):
        self.env.company.write(
            {
                "contract_overdue_after_days": overdue,
                "contract_block_after_days": block,
                "contract_cancel_after_days": cancel,
            }
        )

    def assertStanding(self, contract, contract_status, access_status):
        self.assertEqual(
            (contract.contract_status, contract.access_status),
            (contract_status, access_status),
        )

    def _operator(self, login="test_front_desk", group="group_sva_user"):
        return mail_new_test_user(
            self.env, login=login, groups=f"saber_plus_sva.{group}"
        )

    def _speak_portuguese(self):
        """Have the addon's translation, whatever the database was made with."""
        self.env["res.lang"]._activate_lang("pt_BR")
        addon = self.env["ir.module.module"].search([("name", "=", "saber_plus_sva")])
        addon._update_translations("pt_BR")

    def _run_engine(self):
        """What the scheduled action does."""
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.sync"]._cron_sync_users()
        self.env.invalidate_all()

    def _on_platform(self, user):
        return self.sandbox.users().get(user.cpf_cnpj)

    def assertRefused(self, exception, words):
        """The block raises, says these words, and leaves the database as it was."""
        stack = ExitStack()
        stack.enter_context(self.assertRaisesRegex(exception, words))
        stack.enter_context(self.env.cr.savepoint())
        return stack

    def assertInStep(self, user, state):
        """Both sides hold the same, and so does the platform."""
        self.assertEqual(
            (user.state, user.sync_state, user.platform_state, user.sync_error),
            (state, "synced", state, False),
        )
        held = self._on_platform(user)
        self.assertEqual(
            {name: held[name] for name in ("status", "name", "phone", "external_ref")},
            {
                "status": state,
                "name": user.name,
                "phone": user.phone,
                "external_ref": user.external_ref,
            },
        )
        self.assertEqual(held["package_code"], user.package_id.code)
