# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is deleted here is deleted on the platform, in order and only that."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import CPFS, PACKAGE, SvaCase


@tagged("post_install", "-at_install")
class TestRemoval(SvaCase):
    def _removals(self):
        return self.env["sva.user.removal"].search([])

    def _live_user(self):
        user = self._sva_user()
        self._run_engine()
        self.assertInStep(user, "active")
        return user

    def test_a_deleted_user_leaves_the_platform(self):
        user = self._live_user()
        front_desk = self._operator()
        user.with_user(front_desk).unlink()
        removal = self._removals()
        self.assertEqual(
            (removal.sync_state, removal.name, removal.cpf_cnpj),
            ("pending", "Maria da Silva", CPFS[0]),
        )
        self._run_engine()
        self.assertFalse(self.sandbox.users())
        self.assertEqual(
            (removal.sync_state, removal.platform_state), ("synced", "absent")
        )
        self.assertIn(
            "deleteUser", self.env["sva.api.call"].search([]).mapped("operation")
        )

    def test_a_user_that_the_platform_never_had_leaves_nothing_to_do(self):
        user = self._sva_user()
        former = user.id
        user.unlink()
        removal = self._removals()
        self.assertEqual(
            (removal.sync_state, removal.former_user_id), ("synced", former)
        )
        self._run_engine()
        self.assertNotIn(
            "deleteUser", self.env["sva.api.call"].search([]).mapped("operation")
        )

    def test_a_user_that_is_gone_already_counts_as_removed(self):
        user = self._live_user()
        self.sandbox.delete_user(user.platform_user_id)
        user.unlink()
        self._run_engine()
        self.assertEqual(self._removals().sync_state, "synced")

    def test_a_user_whose_create_is_under_way_is_removed_after_it(self):
        user = self._sva_user()
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        user.unlink()
        self.env.flush_all()
        self._run_engine()
        self.assertFalse(self.sandbox.operations()[1:], "the claim has its lease")
        engine._converge(self.integration, claim, 1)
        self.assertTrue(self.sandbox.users())
        self._run_engine()
        self.assertFalse(self.sandbox.users())
        self.assertEqual(self._removals().sync_state, "synced")

    def test_a_process_that_died_does_not_hold_a_removal_up(self):
        user = self._sva_user()
        self.env["sva.engine"]._claim(self.integration)
        user.unlink()
        removal = self._removals()
        self.assertTrue(removal.lease_until)
        removal.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self._run_engine()
        self.assertEqual(removal.sync_state, "synced")

    def test_the_same_cpf_again_takes_its_turn(self):
        first = self._live_user()
        old_id = first.platform_user_id
        first.unlink()
        second = self._sva_user()
        self.assertIn("former user", second.sync_error)
        self._run_engine()
        self.assertInStep(second, "active")
        self.assertNotEqual(second.platform_user_id, old_id)
        self.assertEqual(len(self.sandbox.users()), 1)

    def test_the_same_cpf_waits_for_a_removal_that_fails(self):
        self._live_user().unlink()
        second = self._sva_user()
        self.sandbox.fault("deleteUser", "status", status=503)
        self._run_engine()
        self.assertEqual((second.sync_state, second.sync_attempts), ("pending", 0))
        self.assertIn("former user", second.sync_error)
        removal = self._removals()
        self.assertEqual((removal.sync_state, removal.sync_attempts), ("pending", 1))
        self.assertTrue(removal.next_sync_date)
        # somebody presses the button: the removal is not waited for
        second.action_sync()
        self.assertInStep(second, "active")
        self.assertEqual(removal.sync_state, "synced")

    def test_sync_now_says_what_it_waits_for(self):
        self._live_user().unlink()
        second = self._sva_user()
        self.sandbox.fault("deleteUser", "status", status=422, times=None)
        with self.assertRaisesRegex(UserError, "former user"):
            second.action_sync()
        self.assertEqual(self._removals().sync_state, "failed")
        self.sandbox.mend()
        self._removals().with_user(self._operator()).action_retry()
        self._run_engine()
        self.assertInStep(second, "active")

    def test_a_stranger_with_the_same_cpf_is_left_alone(self):
        self.sandbox.add_user(
            cpf=CPFS[0], name="Maria", phone="+5511900000000", package_code=PACKAGE
        )
        user = self._sva_user()
        self._run_engine()
        user.platform_state = "unknown"
        user.unlink()
        self._run_engine()
        self.assertEqual(self._removals().sync_state, "synced")
        self.assertIn(CPFS[0], self.sandbox.users())

    def test_a_linked_user_is_removed_by_its_id(self):
        self.sandbox.add_user(
            cpf=CPFS[0], name="Maria", phone="+5511900000000", package_code=PACKAGE
        )
        user = self._sva_user()
        self._run_engine()
        user.action_link_platform_user()
        self._run_engine()
        user.unlink()
        self._run_engine()
        self.assertFalse(self.sandbox.users())

    def test_the_users_of_a_deleted_contract_leave_the_platform(self):
        user = self._live_user()
        with self.assertRefused(AccessError, "contract"):
            self.contract.with_user(self._operator()).unlink()
        accountant = mail_new_test_user(
            self.env, login="test_accountant", groups="account.group_account_manager"
        )
        self.contract.with_user(accountant).unlink()
        self._run_engine()
        self.assertFalse(self.sandbox.users())
        self.assertFalse(user.exists())

    def test_removals_are_for_the_engine_to_write(self):
        self._live_user().unlink()
        removal = self._removals()
        manager = self._operator("test_manager", "group_sva_manager")
        for operation in ("write", "unlink", "create"):
            self.assertFalse(removal.with_user(manager).has_access(operation))

    def test_removals_that_went_through_are_forgotten(self):
        self._live_user().unlink()
        self._run_engine()
        removal = self._removals()
        self.assertEqual(removal._gc_removed(), (0, False))
        self.env.cr.execute(
            "UPDATE sva_user_removal SET write_date = write_date - INTERVAL '2 days'"
        )
        self.env.invalidate_all()
        self.assertEqual(removal._gc_removed(), (1, False))
        self.assertFalse(removal.exists())
