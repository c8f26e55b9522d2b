# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What other programs rely on: codes, repeated calls, a result for each."""

from http import HTTPStatus
from pathlib import Path
from unittest import SkipTest

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.contract_access.exceptions import CODES
from odoo.addons.contract_access.tests.test_remote import codes_raised

from ..models.sva_user_remote import REFUSALS
from .common import CPFS, REPOSITORY, TOKEN, SvaCase

ADDON = Path(__file__).parents[1]


MAY = {"yes": True, "no": False}
#: of methods that need some
ARGUMENTS = {
    "action_pause": ["x"],
    "action_promise": ["2099-01-01"],
    "action_skip": ["x", "2099-01-01 00:00:00"],
    "action_suspend": ["2099-01-01", "2099-03-01"],
    "create_partial": [[]],
}


def table_rows():
    """The rows of the tables of the page on the external API."""
    page = REPOSITORY / "docs" / "external_api.md"
    if not page.exists():
        raise SkipTest("needs the documentation of the repository")
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.read_text().splitlines()
        if line.startswith("| `")
    ]


@tagged("post_install", "-at_install")
class TestSvaRemote(SvaCase):
    def _contracts(self, count):
        return self.env["contract.contract"].union(
            *(
                self._contract(self._customer(f"José {number}", CPFS[number]))
                for number in range(1, count + 1)
            )
        )

    def test_every_code_is_listed_and_every_listed_one_is_raised(self):
        raised = {*codes_raised(ADDON), *REFUSALS.values()}
        # those that are chosen elsewhere than where they are raised
        raised |= {"token_refused", "platform_away", "platform_failed"}
        raised |= {"integration_paused"}
        raised |= {"registration_incomplete", "contract_taken", "cpf_taken"}
        own = {*codes_raised(ADDON.parent / "contract_access")}
        self.assertEqual(raised | own | {"platform_refused"}, {*CODES})

    def test_the_documentation_lists_every_code(self):
        rows = table_rows()
        listed = {row[0].strip("`"): row[1:3] for row in rows if row[1].isdigit()}
        self.assertEqual(
            listed,
            {
                code: [str(int(meaning.status)), "yes" if meaning.retryable else "no"]
                for code, meaning in CODES.items()
            },
        )

    def test_the_documentation_says_who_may_call_what(self):
        rows = [row for row in table_rows() if len(row) == 6 and row[3] in MAY]
        self.assertGreater(len(rows), 20)
        for column, group in enumerate(("user", "api", "manager"), 3):
            user = self._operator(f"test_{group}", f"group_sva_{group}")
            records = self._one_of_each(user)
            for row in rows:
                model = row[0].strip("`")
                method = row[1].strip("`").partition("(")[0]
                with self.subTest(group=group, model=model, method=method):
                    call = getattr(records[model].with_user(user), method)
                    arguments = ARGUMENTS.get(method, ())
                    if method == "action_transfer":
                        arguments = records["contract.contract"].ids
                    may = not self._is_denied(call, *arguments)
                    self.assertEqual(may, MAY[row[column]])

    def _is_denied(self, call, *arguments):
        try:
            call(*arguments)
        except AccessError:
            return True
        except UserError:
            return False  # the right was there
        return False

    def _one_of_each(self, user):
        reason = self.env["contract.terminate.reason"].create({"name": "Moved"})
        contract = self._contract(self.customer)
        number = self.env["sva.divergence"].search_count([])
        webhook = self.env["sva.webhook"].create(
            {"name": "CRM", "url": "https://crm.example.com"}
        )
        return {
            "sva.webhook": webhook,
            "sva.webhook.delivery": self.env["sva.webhook.delivery"].create(
                webhook._post_values("test", 0, {})
            ),
            "contract.contract": contract,
            "contract.notice": self.env["contract.notice"]._give(contract, "release"),
            # each has wizards of their own
            "contract.contract.terminate": self.env["contract.contract.terminate"]
            .with_user(user)
            .create(
                {
                    "contract_id": contract.id,
                    "terminate_reason_id": reason.id,
                    "terminate_date": contract._today(),
                }
            ),
            "sva.user": self._sva_user(contract),
            "sva.user.removal": self.env["sva.user.removal"].create(
                {"integration_id": self.integration.id, "cpf_cnpj": CPFS[3]}
            ),
            "sva.integration": self.integration,
            "sva.divergence": self.env["sva.divergence"].create(
                {
                    "integration_id": self.integration.id,
                    "platform_user_id": f"usr_{number}",
                    "cpf_cnpj": CPFS[4],
                    "platform_state": "active",
                }
            ),
        }

    def test_who_is_there_already(self):
        user = self._sva_user()
        again = self.assertCode("cpf_taken", self._sva_user)
        self.assertEqual(again.http_status, HTTPStatus.CONFLICT)
        self.assertEqual(
            (again.context["model"], again.context["ids"]), ("sva.user", user.ids)
        )
        self.assertTrue(str(again).startswith("CPF já cadastrado."))
        taken = self.assertCode("contract_taken", self._sva_user, cpf_cnpj=CPFS[1])
        self.assertEqual(taken.context["ids"], user.ids)

    def test_a_wrong_registration(self):
        for values, code in (
            ({"cpf_cnpj": "52998224726"}, "cpf_invalid"),
            ({"cpf_cnpj": "11444777000161"}, "cnpj"),
            ({"phone": "1133334444"}, "phone_invalid"),
            ({"phone": 11987654321}, "wrong_type"),
            ({"cpf_cnpj": 52998224725}, "wrong_type"),
            ({"phone": ["11987654321"]}, "wrong_type"),
            ({"name": 5}, "wrong_type"),
            ({"username": ["maria"]}, "wrong_type"),
            ({"password": 12345678}, "wrong_type"),
        ):
            with self.subTest(values):
                values = {"use_partner_data": False, **values}
                self.assertCode(code, self._sva_user, **values)
        self.assertCode("password_too_short", self._sva_user, password="x")
        self.customer.phone = False
        self.assertCode("registration_incomplete", self._sva_user)
        self.customer.phone = "(11) 3333-4444"
        error = self.assertCode("phone_invalid", self._sva_user)
        self.assertEqual(error.context["action"]["res_id"], self.customer.id)

    def test_whoever_forgets_the_ids_is_told(self):
        none = self.env["sva.user"].with_user(self._operator()).browse()
        for action in (
            none.action_activate,
            none.action_deactivate,
            none.action_sync,
            none.action_sync_now,
            none.action_link_platform_user,
            none.action_open_transfer,
            none.unlink,
            self.integration.browse().action_test_connection,
            self.integration.browse().action_fetch_packages,
            self.integration.browse().action_reconcile,
        ):
            self.assertCode("ids_missing", action)
        self.assertCode("ids_missing", none.action_transfer, 1)

    def test_repeating_is_harmless(self):
        user = self._sva_user().with_user(self._operator())
        for action in (user.action_activate, user.action_deactivate):
            for _time in range(2):
                self.assertIs(action(), True)
        user.action_activate()
        new = self._contract(self.customer)
        for _time in range(2):
            self.assertIs(user.action_transfer(new.id), True)
        self.assertEqual(user.contract_id, new)
        self.assertCode(
            "contract_taken", user.action_transfer, new.id, self.internet.id
        )
        for _time in range(2):
            self.assertIs(user.unlink(), True)
        self.assertFalse(user.exists())

    def test_the_platform(self):
        user = self._sva_user()
        self.sandbox.fault("createUser", "status", status=422, times=1)
        error = self.assertCode("platform_refused", user.action_sync, commits=True)
        self.assertEqual(error.context["ids"], user.ids)
        self.integration._observe_connection(None)
        self.sandbox.fault("*", "status", status=503, times=None)
        error = self.assertCode("platform_away", user.action_sync, commits=True)
        self.assertEqual(error.http_status, HTTPStatus.SERVICE_UNAVAILABLE)
        self.assertTrue(error.context["retryable"])
        self.sandbox.reset()
        self.integration.token = "wrong"
        error = self.assertCode("token_refused", user.action_sync, commits=True)
        self.assertEqual(error.http_status, HTTPStatus.SERVICE_UNAVAILABLE)
        self.assertFalse(error.context["retryable"])

    def test_a_cpf_that_the_platform_has(self):
        self.sandbox.add_user(
            cpf=CPFS[0], name="X", phone="+5511987654321", package_code="SABER-LIVROS"
        )
        user = self._sva_user()
        self.assertCode("no_other_user", user.action_link_platform_user)
        error = self.assertCode("cpf_on_platform", user.action_sync, commits=True)
        self.assertEqual(error.http_status, HTTPStatus.CONFLICT)
        for _time in range(2):
            self.assertIs(user.action_link_platform_user(), True)

    def test_a_sync_with_a_result_for_each(self):
        first, second = self.contract, self._contracts(1)
        users = self._sva_user(first) + self._sva_user(second)
        self.sandbox.add_user(
            cpf=CPFS[1], name="X", phone="+5511987654321", package_code="SABER-LIVROS"
        )
        gone = self.env["sva.user"].browse(users[-1].id + 999)
        results = (users + gone).with_user(self._operator()).action_sync(partial=True)
        self.assertEqual(
            [(row["id"], row["ok"], row["code"]) for row in results],
            [
                (users[0].id, True, ""),
                (users[1].id, False, "cpf_on_platform"),
                (gone.id, False, "not_found"),
            ],
        )
        self.sandbox.fault("*", "status", status=503, times=None)
        results = users[0].action_sync(partial=True)
        self.assertEqual(
            [(row["ok"], row["code"]) for row in results], [(False, "platform_away")]
        )
        self.assertTrue(results[0]["message"])

    def test_a_creation_with_a_result_for_each(self):
        contracts = self.contract + self._contracts(3)
        contracts[1].action_withdraw()
        contracts[2].partner_id.phone = False
        rows = [{"contract_id": contract.id} for contract in contracts]
        rows += [{"contract_id": contracts[0].id}, "x", {"contract_id": 10**6}]
        users = self.env["sva.user"].with_user(self._operator())
        results = users.create_partial(rows)
        self.assertEqual(
            [row["code"] for row in results],
            [
                "",
                "",
                "registration_incomplete",
                "",
                "cpf_taken",
                "wrong_type",
                "not_found",
            ],
        )
        created = users.browse([row["id"] for row in results if row["ok"]])
        self.assertEqual(created.contract_id, contracts[:2] + contracts[3])
        self.assertFalse(any(row["id"] for row in results if not row["ok"]))
        self.assertCode("wrong_type", users.create_partial, {"contract_id": 1})

    def test_loading_twice(self):
        users = self.env["sva.user"].with_user(self._operator())
        names = ["id", "contract_id/.id", "phone", "cpf_cnpj"]
        row = [
            "__crm__.user_1",
            str(self.contract.id),
            "(11) 98765-4321",
            "529.982.247-25",
        ]
        first = users.load(names, [row])
        self.assertFalse(first["messages"])
        user = users.browse(first["ids"])
        self._end_of_request()
        self.env.cr.execute(
            "UPDATE sva_user SET write_date = '2026-01-01' WHERE id = %s", user.ids
        )
        self.env.invalidate_all()
        before = user.message_ids
        again = users.load(names, [row])
        self.assertEqual((again["messages"], again["ids"]), ([], user.ids))
        self._end_of_request()
        # what was there already is not written, and says nothing in the chatter
        self.assertEqual(str(user.write_date), "2026-01-01 00:00:00")
        self.assertEqual(user.message_ids, before)
        row[2] = "(11) 91234-5678"
        self.assertFalse(users.load(names, [row])["messages"])
        self.assertEqual(user.phone, "+5511912345678")
        row[3] = CPFS[1]
        [message] = users.load(names, [row])["messages"]
        self.assertIn("[field_closed]", message["message"])

    def test_what_cannot_be_read_is_not_guessed(self):
        user = self._sva_user(password="segredo1").with_user(self._operator())
        for name in ("password_sealed", "lease_token", "refused_digest"):
            value = user.sudo()[name]
            self.assertCode("field_closed", user.write, {name: value})

    def test_results_are_data(self):
        self.assertEqual(
            self.integration.action_fetch_packages(),
            {"available": sum(row["active"] for row in self.sandbox.packages())},
        )
        [account] = self.integration.action_test_connection()["accounts"]
        self.assertTrue(account)
        self.assertEqual(
            self.integration.action_reconcile(),
            {
                "done": True,
                "seen": 0,
                "drifted": 0,
                "missing": 0,
                "unknown": 0,
                "unread": 0,
            },
        )
        product = self.product.product_tmpl_id
        self.assertIn("available", product.action_fetch_sva_packages())
        self.integration.token = TOKEN
