# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What other programs rely on: codes, repeated calls, a result for each."""

import ast
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.http import serialize_exception
from odoo.tests import tagged

from ..exceptions import CODES
from .common import ContractCase

ADDON = Path(__file__).parents[1]


def codes_raised(addon):
    """The codes that an addon's own code raises: the literals among the arguments."""
    for path in addon.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "RefusedError",
                "InvalidError",
            ):
                for literal in ast.walk(node.args[1]):
                    if isinstance(getattr(literal, "value", None), str):
                        yield literal.value


@tagged("post_install", "-at_install")
class TestRemote(ContractCase):
    def test_every_code_that_is_raised_is_listed(self):
        self.assertLessEqual({*codes_raised(ADDON)}, {*CODES})

    def test_what_a_program_reads(self):
        self.contract.action_withdraw()
        error = self.assertCode("wrong_status", self.contract.action_block)
        self.assertEqual(
            error.context,
            {
                "code": "wrong_status",
                "retryable": False,
                "model": "contract.contract",
                "ids": self.contract.ids,
            },
        )
        self.assertEqual(error.http_status, HTTPStatus.UNPROCESSABLE_ENTITY)
        # JSON-2 and JSON-RPC carry the context; people read the sentence alone
        answer = serialize_exception(error)
        self.assertEqual(answer["context"], error.context)
        self.assertEqual(answer["message"], error.message)
        self.assertNotIn("[", answer["message"])
        # XML-RPC carries this string
        self.assertTrue(str(error).endswith("Withdrawn / Disabled. [wrong_status]"))

    def test_whoever_forgets_the_ids_is_told(self):
        none = self.contract.browse()
        for action in (
            none.action_activate_contract,
            none.action_block,
            none.action_release,
            none.action_blacklist,
            none.action_withdraw,
            none.action_reactivate,
            none.action_cancel_contract_termination,
            none.action_end_suspension,
        ):
            self.assertCode("ids_missing", action)
        self.assertCode("ids_missing", none.action_promise, "2030-01-01")

    def test_what_is_no_id(self):
        for ids in ("7", ["abc"], [1.5], [True], [[1]], [-1], [2**40], [{}]):
            contracts = self.contract.browse(ids)
            with self.subTest(ids=ids):
                self.assertCode("wrong_type", contracts.action_block)
                operator = contracts.with_user(self.env.ref("base.user_admin"))
                self.assertCode("wrong_type", operator.write, {"name": "X"})

    def test_arguments_of_another_type(self):
        self.assertCode("wrong_type", self.contract.action_block, 5)
        self.assertCode("wrong_type", self.contract.action_block, partial="yes")
        for day in (5, "soon", "2026-02-30", [], {"a": 1}):
            self.assertCode("wrong_day", self.contract.action_promise, day)
            self.assertCode("wrong_type", self.contract.action_suspend, day, day)

    def test_a_second_release_gives_no_second_trust(self):
        self._invoice(self.contract, 20)
        self.contract.action_block()
        self.assertIs(self.contract.action_block(), True)
        self.contract.action_release()
        self.assertEqual(len(self.contract.release_ids), 1)
        self.assertIs(self.contract.action_release(), True)
        self.assertEqual(len(self.contract.release_ids), 1)

    def test_a_second_promise_gives_no_second_trust(self):
        self._invoice(self.contract, 20)
        self.contract.action_block()
        self.env.company.contract_release_limit = 1
        contract = self.contract.with_user(self._operator())
        day = str(contract._today() + timedelta(days=3))
        for _time in range(2):
            self.assertIs(contract.action_promise(day), True)
        self.assertEqual(len(self.contract.release_ids), 1)
        contract.action_block()
        self.assertCode("release_limit", contract.action_promise, day)

    def test_a_second_suspension_is_the_first_one(self):
        contract = self.contract.with_user(self._operator())
        first = contract._today()
        days = [str(first), str(first + timedelta(days=39))]
        for _time in range(2):
            self.assertIs(contract.action_suspend(*days), True)
        self.assertEqual(len(self.contract.suspension_ids), 1)
        other = str(first + timedelta(days=38))
        self.assertCode("cannot_suspend", contract.action_suspend, days[0], other)
        for _time in range(2):
            self.assertIs(contract.action_end_suspension(), True)
        other = self._contract(self.customer)
        self.assertCode("not_suspended", other.action_end_suspension)

    def test_an_id_that_is_given_twice_counts_once(self):
        self._invoice(self.contract, 20)
        twice = self.contract.browse(self.contract.ids * 2)
        self.assertEqual(len(twice.action_block(partial=True)), 1)
        twice.action_release()
        self.assertEqual(len(self.contract.release_ids), 1)
        twice.action_withdraw()
        ends = self.contract.notice_ids.filtered(lambda row: row.kind == "termination")
        self.assertEqual(len(ends), 1)

    def test_a_second_withdrawal_credits_nothing_twice(self):
        invoice = self._invoice(self.contract)
        self.contract.action_withdraw("X", credit_invoices=True)
        self.assertEqual(len(invoice.reversal_move_ids), 1)
        invoice.reversal_move_ids.state = "cancel"
        self.assertIs(self.contract.action_withdraw("X", credit_invoices=True), True)
        self.assertEqual(len(invoice.reversal_move_ids), 1)

    def test_a_repeated_step_leaves_the_row_alone(self):
        self.contract.action_block("A reason")
        self._end_of_request()
        before = self.contract.message_ids
        self.contract.action_block("Another one")
        self._end_of_request()
        self.assertEqual(self.contract.status_reason, "A reason")
        self.assertEqual(self.contract.message_ids, before)

    def test_what_is_reached_is_still_not_for_everybody(self):
        stranger = self._operator("test_stranger", "group_contract_user")
        stranger.group_ids = self.env.ref("base.group_user")
        self.contract.action_block()
        with self.assertRaises(AccessError):
            self.contract.with_user(stranger).action_block()
        operator = self._operator()
        self.contract.action_release()
        with self.assertRaises(AccessError):
            self.contract.with_user(operator).action_reactivate()

    def test_a_termination_that_is_cancelled_answers(self):
        reason = self.env["contract.terminate.reason"].create({"name": "Moved"})
        wizard = self.env["contract.contract.terminate"].create(
            {
                "contract_id": self.contract.id,
                "terminate_reason_id": reason.id,
                "terminate_date": self.contract._today(),
            }
        )
        self.assertIs(wizard.terminate_contract(), True)
        self.assertStatusPair(self.contract, "inactive", "disabled")
        number = self.contract.termination_receipt_number
        notes = self.contract.message_ids
        # the answer was lost, and it is asked for again
        self.assertIs(wizard.terminate_contract(), True)
        self.assertEqual(self.contract.termination_receipt_number, number)
        self.assertEqual(self.contract.message_ids, notes)
        both = self.contract + self._contract(self.customer)
        self.assertIs(both.action_cancel_contract_termination(), True)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertIs(self.contract.action_cancel_contract_termination(), True)
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_result_for_each(self):
        others = self.contract.browse()
        for number, cpf in enumerate(("11144477735", "39053344705")):
            others += self._contract(self._customer(f"José {number}", cpf))
        ended, gone = others
        ended.action_withdraw()
        gone_id = gone.id
        gone.unlink()
        contracts = self.contract.browse([ended.id, self.contract.id, gone_id])
        contracts = contracts.with_user(self._operator())
        for action in (contracts.action_block, contracts.action_release):
            refused, done, missing = action(partial=True)
            self.assertEqual(
                done, {"id": self.contract.id, "ok": True, "code": "", "message": ""}
            )
            self.assertEqual(
                (refused["id"], refused["ok"], refused["code"]),
                (ended.id, False, "wrong_status"),
            )
            self.assertIn("Withdrawn / Disabled", refused["message"])
            self.assertNotIn("[", refused["message"])
            self.assertEqual((missing["id"], missing["code"]), (gone_id, "not_found"))
        self.assertStatusPair(self.contract, "active", "active")

    def test_what_is_there_may_be_written_again(self):
        contract = self.contract.with_user(self._operator())
        contract.write({"contract_status": "active", "access_status": "active"})
        self.assertCode("field_closed", contract.write, {"contract_status": "inactive"})
