# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The customer is told once, and only of what the platform has done."""

from itertools import product
from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.res_company_sva_mail import MAIL_FIELDS
from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestMail(SvaCase):
    def _finish_the_stage(self):
        self.env.company.write(dict.fromkeys(MAIL_FIELDS, True))
        self.env.company.email = "contato@provedor.example"
        self.customer.lang = "en_US"
        self.user = self._sva_user()

    def _mails(self):
        """The subjects since the last time, the oldest first."""
        mails = self._to_customers()
        subjects = mails.mapped("subject")
        mails.mail_message_id.unlink()
        return subjects

    def _one(self):
        [mail] = self._to_customers()
        return mail

    def _to_customers(self):
        mails = self.env["mail.mail"].search([("model", "=", "sva.user")], order="id")
        return mails.filtered("recipient_ids.vat")

    def test_nothing_before_the_platform_has_done_it(self):
        self.assertEqual(self._mails(), [])
        self.sandbox.fault("createUser", "status", status=422)
        self._run_engine()
        self.assertEqual(self.user.sync_state, "failed")
        self.assertEqual(self._mails(), [])

    def test_the_welcome_names_login_and_package(self):
        self._run_engine()
        mail = self._one()
        self.assertIn(self.package.name, mail.subject)
        self.assertIn(self.user.username, mail.body_html)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertFalse(mail.auto_delete)
        self._mails()
        self.user.action_sync()
        self._run_engine()
        self.assertEqual(self._mails(), [])

    def test_each_step_is_told_once(self):
        name = self.package.name
        self._run_engine()
        self.assertEqual(self._mails(), [f"Your access to {name} is ready"])
        for step, subject in (
            (self.contract.action_block, f"Your access to {name} is blocked"),
            (self.contract.action_release, f"You can use {name} again"),
            (self.user.action_deactivate, f"Your access to {name} has ended"),
            (self.user.action_activate, f"You can use {name} again"),
        ):
            step()
            self.assertEqual(self._mails(), [])
            self._run_engine()
            self.assertEqual(self._mails(), [subject])
            self._run_engine()
            self.assertEqual(self._mails(), [])

    def test_there_and_back_is_not_told(self):
        self._run_engine()
        self._mails()
        self.contract.action_block()
        self.contract.action_release()
        self._run_engine()
        self.assertEqual(self._mails(), [])

    def test_the_password(self):
        self.user.password = "segredo1"
        self._run_engine()
        # the welcome is enough
        self.assertEqual(len(self._mails()), 1)
        self.user.password = "segredo2"
        self._run_engine()
        mail = self._one()
        self.assertIn("password", mail.subject)
        self.assertNotIn("segredo2", mail.body_html)
        self._mails()
        self.user.action_sync()
        self._run_engine()
        self.assertEqual(self._mails(), [])

    def test_each_can_be_switched_off(self):
        self.env.company.sva_mail_welcome = False
        self._run_engine()
        self.assertEqual(self._mails(), [])
        # switched on later, it is not made up for
        self.env.company.sva_mail_welcome = True
        self.user.action_sync()
        self.assertEqual(self._mails(), [])

    def test_nobody_to_write_to(self):
        self.customer.email = False
        self._run_engine()
        self.assertEqual(self._mails(), [])
        self.assertEqual(self.user.sync_state, "synced")

    def test_an_adopted_user_is_not_welcomed(self):
        contract = self._contract(self._customer("Ana", CPFS[1]))
        self._existing(CPFS[1], name="Ana", username="ana")
        self.integration.action_reconcile()
        self.env["sva.divergence"].search([]).action_adopt()
        self._run_engine()
        self.assertEqual(contract.sva_user_ids.sync_state, "synced")
        self.assertEqual(len(self._mails()), 1)  # that of the test's own user

    def test_a_linked_user_is_not_welcomed(self):
        self._existing(name="Maria", username="maria")
        self._run_engine()
        self.user.action_link_platform_user()
        self._run_engine()
        self.assertEqual(self.user.sync_state, "synced")
        self.assertEqual(self._mails(), [])
        self.contract.action_block()
        self._run_engine()
        self.assertEqual(len(self._mails()), 1)

    def test_a_mail_that_cannot_be_made_stops_nothing(self):
        with (
            patch.object(
                type(self.env["mail.template"]), "send_mail_batch", side_effect=KeyError
            ),
            mute_logger("odoo.addons.saber_plus_sva.models.sva_user_mail"),
        ):
            self._run_engine()
        self.assertInStep(self.user, "active")
        # it is made up for
        self.user.action_sync()
        self.assertEqual(len(self._mails()), 1)

    def _failing(self, *users):
        """No mail can be made for these users, nor together with them."""
        templates = type(self.env["mail.template"])
        send = templates.send_mail_batch

        def fail(template, res_ids):
            if set(res_ids) & {user.id for user in users}:
                raise KeyError("Maria")
            return send(template, res_ids)

        self.enterContext(
            mute_logger("odoo.addons.saber_plus_sva.models.sva_user_mail")
        )
        return patch.object(templates, "send_mail_batch", fail)

    def _told(self):
        return self.integration.activity_search(["saber_plus_sva.activity_not_told"])

    def test_one_mail_that_cannot_be_made_takes_no_other_along(self):
        others = self._sva_users(CPFS[1:3])
        self.integration.user_id = self._operator("test_manager", "group_sva_manager")
        self.integration.user_id.lang = "en_US"
        others[0].contract_id.partner_id.email = "jose@example.com"
        others[1].contract_id.partner_id.email = "ana@example.com"
        self._run_engine()
        self.assertEqual(len(self._mails()), 3)
        self.contract.action_block()
        others[0].password = "segredo2"
        others[1].contract_id.action_block()
        with self._failing(self.user):
            self._run_engine()
            self.assertEqual(len(self._mails()), 2)
            self.assertIn("SVA: Blocked", self._told().note)
            self.assertNotIn("Maria", self._told().note)
            self._dun()
            self.assertEqual(self._mails(), [])
            self.assertEqual(len(self._told()), 1)
        self._dun()
        self.assertEqual(self._one().recipient_ids, self.customer)
        self.assertFalse(self._told())
        self._mails()
        self._dun()
        self.assertEqual(self._mails(), [])

    def _settle_and_die(self):
        with patch.object(type(self.user), "_notify_settled", lambda users: None):
            self._run_engine()
        self.assertEqual(self._mails(), [])

    def test_what_a_killed_process_has_not_told(self):
        name = self.package.name
        self._settle_and_die()
        self._dun()
        self.assertEqual(self._mails(), [f"Your access to {name} is ready"])
        for step, subject in (
            (self.contract.action_block, f"Your access to {name} is blocked"),
            (self.contract.action_release, f"You can use {name} again"),
            (lambda: self.user.write({"password": "segredo2"}), "password"),
        ):
            step()
            self._settle_and_die()
            self._dun()
            [mail] = self._mails()
            self.assertIn(subject, mail)
            self._dun()
            self.assertEqual(self._mails(), [])

    def test_they_are_told_on_a_day_with_much_to_do_too(self):
        self._settle_and_die()
        actions = type(self.env["ir.cron"])
        commit = actions._commit_progress

        def no_time_left(*arguments, **options):
            commit(*arguments, **options)
            return 0

        with patch.object(actions, "_commit_progress", no_time_left):
            self._dun()
        self.assertEqual(len(self._mails()), 1)

    def test_nobody_is_told_later_of_what_is_switched_off(self):
        self.env.company.sva_mail_welcome = False
        self._settle_and_die()
        self._dun()
        self.env.company.sva_mail_welcome = True
        self._dun()
        self.assertEqual(self._mails(), [])

    def test_the_daily_action_finds_whom_there_is_something_to_tell(self):
        self.env.flush_all()
        found = self.env["sva.user"].search(self.user._untold_domain())
        self.assertFalse(found, "it is not in sync")
        self._settle_and_die()
        columns = "told_state", "platform_state", "state", "told_password"
        told = ["absent", "active", "blocked", "disabled"]
        held = [*told, "inactive"]
        for values in product(told, held, told[1:], (True, False)):
            with self.subTest(values):
                changes = SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value)
                    for name, value in zip(columns, values, strict=True)
                )
                self.env.cr.execute(
                    SQL("UPDATE sva_user SET %s WHERE id = %s", changes, self.user.id)
                )
                self.env.invalidate_all()
                found = self.user.search(
                    self.user._untold_domain() & Domain("id", "=", self.user.id)
                )
                self.assertEqual(bool(found), bool(self.user._next_to_tell()))

    def test_in_the_customers_language(self):
        self._speak_portuguese()
        self.customer.lang = "pt_BR"
        self._run_engine()
        self.assertEqual(
            self._mails(), [f"Seu acesso a {self.package.name} está pronto"]
        )

    def test_customers_from_before_know_of_their_users(self):
        self._run_engine()
        self.env.flush_all()
        self.env.cr.execute("UPDATE sva_user SET told_state = NULL")
        self.env["sva.user"]._init_column("told_state")
        self.env.invalidate_all()
        self.assertEqual(self.user.told_state, "active")
