# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a customer sees of the own access, and the password."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..models import sva_user_portal
from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestPortal(SvaCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.user = self._sva_user()
        self.portal = self._portal_user("maria", self.customer)

    def _portal_user(self, login, partner):
        user = self._operator(login, "base.group_portal")
        user.write({"partner_id": partner.id, "lang": "en_US"})
        return user

    def _status(self):
        self.env.flush_all()
        status = self.user.with_user(self.portal).sudo()._portal_status()
        return status["title"], status["text"]

    def test_from_the_first_day_to_the_last(self):
        self.assertEqual(self._status()[0], "Being set up")
        self._run_engine()
        self.assertEqual(self._status(), ("Active", "You can use it now."))
        self.user.action_deactivate()
        self.assertIn("switched off", self._status()[1])
        self.user.action_activate()
        self.contract.action_block()
        self.assertEqual(self._status(), ("Blocked", "Please contact us."))
        self.contract.action_release()
        self.contract.action_withdraw()
        self.assertIn("Your contract has ended", self._status()[1])

    def test_an_open_invoice_leads_to_it(self):
        self.contract.sudo().access_status = "auto_blocked"
        status = self.user._portal_status()
        self.assertEqual(status["link"][1], "/my/invoices")
        self.assertIn("invoice is open", status["text"])

    def test_what_starts_later(self):
        today = self.contract._today()
        line = self._sva_line()
        line.write(
            {
                "date_start": today + timedelta(days=3),
                "recurring_next_date": today + timedelta(days=3),
            }
        )
        self.assertEqual(self._status()[0], "Not yet")
        self.assertIn("It starts on", self._status()[1])
        line.is_canceled = True
        self.assertIn("not part of your contract", self._status()[1])

    def test_a_refused_one(self):
        self.sandbox.fault("createUser", "status", status=422)
        self._run_engine()
        self.assertEqual(self._status()[0], "Being checked")

    def test_a_contract_that_awaits_signature(self):
        contract = self._contract(
            self._customer("Ana", CPFS[1]), contract_status="pre_contract"
        )
        user = self._sva_user(contract)
        self.assertIn("signed", user._portal_status()["text"])

    def test_the_customer_sets_the_password(self):
        self._run_engine()
        user = self.user.with_user(self.portal)
        user._portal_set_password("segredo1")
        self.assertTrue(self.user.has_pending_password)
        self._run_engine()
        held = self.user.platform_user_id
        self.assertTrue(self.sandbox.has_password(held, "segredo1"))

    def test_a_password_that_is_too_short(self):
        with self.assertRefused(ValidationError, "at least"):
            self.user.with_user(self.portal)._portal_set_password("123")

    def test_not_of_a_blocked_access(self):
        self.contract.action_block()
        with self.assertRefused(UserError, "not open"):
            self.user.with_user(self.portal)._portal_set_password("segredo1")

    def test_nobody_elses(self):
        other = self._portal_user("ana", self._customer("Ana", CPFS[1]))
        self.contract.message_subscribe(other.partner_id.ids)
        self.assertFalse(self.contract.with_user(other)._sva_portal_users())
        public = self.env.ref("base.public_user")
        self.assertFalse(self.contract.with_user(public)._sva_portal_users())
        with self.assertRefused(AccessError, "not your access"):
            self.user.with_user(other)._portal_set_password("segredo1")
        self.assertEqual(
            self.contract.with_user(self.portal)._sva_portal_users(), self.user
        )

    def test_not_too_often(self):
        user = self.user.with_user(self.portal)
        for number in range(sva_user_portal.PASSWORD_LIMIT):
            user._portal_set_password(f"segredo{number}")
        with self.assertRefused(UserError, "try again in an hour"):
            user._portal_set_password("segredo9")
        self.user.portal_password_since -= timedelta(hours=1, minutes=1)
        user._portal_set_password("segredo9")

    def test_links_for_customers(self):
        manager = self._operator("test_manager", "group_sva_manager")
        package = self.package.with_user(manager)
        package.write({"web_url": "https://saber.example", "portal_text": "Baixe"})
        self.assertEqual(
            self.package._portal_links(),
            [("Open the website", "https://saber.example")],
        )
        with self.assertRefused(ValidationError, "https://"):
            package.android_url = "javascript:alert(1)"
        with self.assertRefused(UserError, "cannot be written"):
            package.name = "Outro"
        with self.assertRefused(AccessError, ""):
            self.package.with_user(self._operator()).portal_text = "x"
