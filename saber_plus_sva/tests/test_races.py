# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What derives a state, and what moves its contract, at the same moment."""

from contextlib import suppress
from datetime import timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CPFS, FULL, SvaRaceCase
from .test_contract_machine import by_the_table

MOVES = (
    "block",
    "release",
    "withdraw",
    "blacklist",
    "reactivate",
    "archive",
    "end_the_line",
    "go_on_with_the_line",
    "cancel_the_line",
    "create_user",
    "delete_user",
    "switch_on",
    "switch_off",
)


@tagged("post_install", "-at_install")
class TestRaces(SvaRaceCase):
    def _act(self, name):
        """Something that a person does; a refusal changes nothing."""

        def act(env):
            contract = self.contract.with_env(env)
            user = contract.sva_user_ids
            line = self._sva_line(contract)
            yesterday = contract._today() - timedelta(days=1)
            actions = {
                "block": contract.action_block,
                "release": contract.action_release,
                "withdraw": contract.action_withdraw,
                "blacklist": contract.action_blacklist,
                "reactivate": contract.action_reactivate,
                "archive": lambda: contract.write({"active": not contract.active}),
                "end_the_line": lambda: line.write({"date_end": yesterday}),
                "go_on_with_the_line": lambda: line.write({"date_end": False}),
                "cancel_the_line": lambda: line.write({"is_canceled": True}),
                "create_user": lambda: (
                    user or env["sva.user"].create({"contract_id": contract.id})
                ),
                "delete_user": user.unlink,
                "switch_on": user.action_activate,
                "switch_off": user.action_deactivate,
            }
            with suppress(UserError), env.cr.savepoint():
                actions[name]()

        return act

    def _begin_again(self):
        self.env["sva.user"].search([("contract_id", "=", self.contract.id)]).unlink()
        self.contract.sudo().write(
            {
                "active": True,
                "contract_status": "active",
                "access_status": "active",
            }
        )
        self._sva_line().write({"date_end": False, "is_canceled": False})
        self._commit()

    def assertDerived(self):
        """What is stored is what the state table says."""
        user = self.env["sva.user"].search([("contract_id", "=", self.contract.id)])
        if user:
            self.assertEqual(
                user.state, by_the_table(self.contract, user, self.contract._today())
            )

    def test_what_is_created_beside_a_move(self):
        for move in ("block", "withdraw", "end_the_line", "archive"):
            with self.subTest(move=move):
                self._side_by_side(self._act(move), self._act("create_user"))
                self.assertDerived()
                self._begin_again()

    def test_a_switch_beside_a_block(self):
        user = self._sva_user()
        user.action_deactivate()
        self._commit()
        for moves in (["switch_on", "block"], ["block", "switch_on"]):
            with self.subTest(moves=moves):
                self._side_by_side(*map(self._act, moves))
                self.assertEqual(user.state, "blocked")
                self.contract.action_release()
                user.action_deactivate()
                self._commit()

    def test_a_user_beside_a_new_registration(self):
        def register(phone):
            return lambda env: self.customer.with_env(env).write({"phone": phone})

        def create(env):
            env["sva.user"].create({"contract_id": self.contract.id})

        def take_over(env):
            env["sva.user"].search(
                [("contract_id", "=", self.contract.id)]
            ).action_take_registration()

        self._side_by_side(register("(11) 91111-1111"), create)
        user = self.env["sva.user"].search([("contract_id", "=", self.contract.id)])
        for phone in ("(11) 92222-2222", "(11) 93333-3333"):
            self.assertEqual(
                user.registration_differs, bool(user._changed_registration())
            )
            register("(11) 94444-4444")(self.env)
            self._commit()
            self._side_by_side(register(phone), take_over)
            self.env.invalidate_all()
        self.assertEqual(user.registration_differs, bool(user._changed_registration()))

    def test_two_transfers_to_one_contract(self):
        """Of a family on one registration, say; who comes second is told why not."""
        mother = self._sva_user()
        child = self._sva_user(
            self._contract(self.customer),
            use_partner_data=False,
            cpf_cnpj=CPFS[1],
            phone="11 91234-5678",
        )
        target = self._contract(self.customer)
        self._commit()

        def transfer(user):
            return lambda env: user.with_env(env).action_transfer(target.id)

        with self.assertRaisesRegex(UserError, "^This contract has an SVA user"):
            self._side_by_side(transfer(mother), transfer(child))
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(target.sva_user_ids, mother)

    def test_two_who_take_one_user_of_the_platform(self):
        mother = self._sva_user()
        child = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        (mother + child).conflicting_user_id = "usr_stranger"
        self._commit()

        def link(user):
            return lambda env: user.with_env(env).action_link_platform_user()

        with self.assertRaisesRegex(UserError, "another SVA user"):
            self._side_by_side(link(mother), link(child))
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(
            (mother + child).mapped("platform_user_id"), ["usr_stranger", False]
        )

    def test_any_two_things_at_once(self):
        moves = st.sampled_from(MOVES)

        @settings(
            max_examples=60 if FULL else 5,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(st.tuples(moves, moves), min_size=1, max_size=6))
        def race(history):
            self._begin_again()
            for first, second in history:
                self._side_by_side(self._act(first), self._act(second))
                self.assertDerived()

        race()

    def test_what_does_not_agree_is_found_and_mended(self):
        user = self._sva_user()
        self.env.flush_all()
        self.env.cr.execute("UPDATE sva_user SET state = 'blocked'")
        self._commit()
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.saber_plus_sva.models.sva_user", "ERROR"):
            user._prove_states()
        self.assertEqual((user.state, user.sync_state), ("active", "pending"))
        with self.assertNoLogs("odoo.addons.saber_plus_sva.models.sva_user", "ERROR"):
            user._prove_states()

    def test_a_user_made_while_its_product_gets_another_package(self):
        product = self.product.product_tmpl_id
        package = self._package("SABER-CURSOS")

        def change(env):
            product.with_env(env).sva_package_id = package.with_env(env)

        def create(env):
            env["sva.user"].create({"contract_id": self.contract.id})

        self._commit()
        self._side_by_side(change, create)
        user = self.contract.sva_user_ids
        with self.assertLogs("odoo.addons.saber_plus_sva.models.sva_user", "ERROR"):
            user._prove_states()
        self.assertEqual(user.package_id, package)
        self.assertEqual(user.sync_state, "pending")
        product.sva_package_id = self.package
        self._commit()

    def test_a_day_that_has_come_is_no_fault(self):
        user = self._sva_user()
        self._sva_line().date_end = self.contract._today()
        self.env.flush_all()
        tomorrow = self.contract._today() + timedelta(days=1)
        with (
            freeze_time(f"{tomorrow} 15:00:00"),
            self.assertNoLogs("odoo.addons.saber_plus_sva.models.sva_user", "ERROR"),
        ):
            user._prove_states()
        self.assertEqual(user.state, "disabled")
