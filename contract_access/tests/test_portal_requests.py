# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What customers do with the own contract in the portal."""

from datetime import date

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import CPFS, RaceCase
from .test_suspension import LeavingCase


def portal_user(case, login, partner):
    user = mail_new_test_user(
        case.env, login=login, groups="base.group_portal", password="12345"
    )
    user.write({"partner_id": partner.id, "lang": "en_US"})
    return user


@tagged("post_install", "-at_install")
class TestPortalRequests(LeavingCase):
    def setUp(self):
        super().setUp()
        self.env.company.contract_portal_suspension = True
        self.env.company.contract_portal_cancellation = True
        self.customer.email = "maria@example.com"
        self.user = portal_user(self, "maria", self.customer)
        self.mine = self.contract.with_user(self.user)
        self._on("2026-03-10")

    def test_a_suspension(self):
        self.mine._portal_suspend(date(2026, 3, 10), date(2026, 4, 18))
        suspension = self.contract.suspension_ids
        self.assertEqual(suspension.state, "running")
        self.assertEqual(suspension.user_id, self.user)
        message = self.contract.message_ids[:1]
        self.assertEqual(message.author_id, self.customer)
        self.mine._portal_end_suspension()
        self.assertEqual(suspension.ended_by_id, self.user)
        self.assertFalse(self.contract.is_suspended)

    def test_the_limits_are_those_of_the_front_desk(self):
        with self.assertRefused(UserError, "30 to 120 days"):
            self.mine._portal_suspend(date(2026, 3, 10), date(2026, 3, 20))
        self._invoice(self.contract, 3)
        with self.assertRefused(UserError, "Once it is paid"):
            self.mine._portal_suspend(date(2026, 3, 10), date(2026, 4, 18))

    def test_a_cancellation(self):
        self._bill()
        self.assertEqual(self.mine._portal_last_day(), date(2026, 3, 31))
        self.mine._portal_cancel("  Mudei de cidade ")
        contract = self.contract
        self.assertTrue(contract.termination_receipt_number)
        self.assertEqual(contract.termination_receipt_user_id, self.user)
        self.assertEqual(contract.terminate_comment, "Mudei de cidade")
        self.assertEqual(
            contract.terminate_reason_id,
            self.env.ref("contract_access.terminate_reason_portal"),
        )
        # what was paid is used
        self.assertEqual(contract.terminate_date, date(2026, 3, 31))
        self.assertStatusPair(contract, "active", "active")
        self.assertEqual(contract.notice_ids.kind, "termination")
        self.assertEqual(contract.message_ids[:1].author_id, self.customer)
        with self.assertRefused(UserError, "not possible here"):
            self.mine._portal_cancel()
        self._on("2026-04-01")
        self._dun()
        self.assertStatusPair(contract, "inactive", "disabled")

    def test_nothing_was_paid_in_advance(self):
        self.mine._portal_cancel()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertEqual(self.contract.terminate_date, date(2026, 3, 10))

    def test_debts_do_not_stand_in_the_way(self):
        self._switch_dunning_on()
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self.mine._portal_cancel()
        self.assertStatusPair(self.contract, "inactive", "disabled")

    def test_the_company_does_not_offer_it(self):
        self.env.company.contract_portal_suspension = False
        self.env.company.contract_portal_cancellation = False
        self.assertFalse(any(self.contract._portal_offers().values()))
        with self.assertRefused(UserError, "not possible here"):
            self.mine._portal_suspend(date(2026, 3, 10), date(2026, 4, 18))
        with self.assertRefused(UserError, "not possible here"):
            self.mine._portal_cancel()

    def test_not_of_what_has_ended_or_not_begun(self):
        pre = self._contract(self.customer, contract_status="pre_contract")
        self.assertFalse(any(pre._portal_offers().values()))
        self.contract.action_withdraw()
        self.assertFalse(any(self.contract._portal_offers().values()))

    def test_what_is_sold_to_others_is_hidden(self):
        other = self._contract(self._customer("Ana", CPFS[1]))
        both = self.contract | other
        for found, own in (
            (both.contract_line_ids, self.contract.contract_line_ids),
            (both.modification_ids, self.contract.modification_ids),
        ):
            mine = found.with_user(self.user)
            self.assertEqual(mine.search([("id", "in", found.ids)]), own)
            own.with_user(self.user).read(["contract_id"])
            with self.assertRefused(AccessError, ""):
                (mine - own).read(["contract_id"])

    def test_a_contract_goes_to_another_customer(self):
        joao = self._customer("João", CPFS[1])
        user = portal_user(self, "joao", joao)
        link = self.contract.get_portal_url()
        wife = portal_user(self, "rita", self._customer("Rita", CPFS[2]))
        self.contract.message_subscribe(wife.partner_id.ids)
        clerk = self._operator()
        self.contract.message_subscribe(clerk.partner_id.ids)
        said = self.contract.message_post(
            body="Maria, …", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertTrue(said.with_user(self.user).has_access("read"))
        self.contract.with_user(clerk).partner_id = joao
        self.env.invalidate_all()
        self.assertFalse(self.mine.has_access("read"))
        self.assertTrue(self.contract.with_user(user).has_access("read"))
        self.assertNotEqual(self.contract.get_portal_url(), link)
        # nobody of the former customer's, and nothing that was said to them
        self.assertFalse(self.contract.with_user(wife).has_access("read"))
        self.assertFalse(said.with_user(user).has_access("read"))
        self.assertIn(clerk.partner_id, self.contract.message_partner_ids)

    def test_what_a_clerk_notes_is_not_for_the_customer(self):
        for name in ("terminate_comment", "invoice_generation_error", "status_reason"):
            with self.subTest(name), self.assertRefused(AccessError, ""):
                self.mine.read([name])

    def test_nobody_elses(self):
        other = portal_user(self, "ana", self._customer("Ana", CPFS[1]))
        self.contract.message_subscribe(other.partner_id.ids)
        theirs = self.contract.with_user(other)
        for ask in (
            lambda: theirs._portal_suspend(date(2026, 3, 10), date(2026, 4, 18)),
            theirs._portal_end_suspension,
            theirs._portal_cancel,
        ):
            with self.assertRefused(AccessError, "not your contract"):
                ask()

    def test_the_portals_reason_stays(self):
        reason = self.env.ref("contract_access.terminate_reason_portal")
        with self.assertRefused(UserError, "cannot be deleted"):
            reason.unlink()

    def test_managers_decide(self):
        self.assertFalse(self.env["res.company"].new().contract_portal_cancellation)
        manager = self._operator("test_manager", "group_contract_manager")
        settings = self.env["contract.dunning.settings"].with_user(manager)
        page = settings.create({})
        self.assertTrue(page.contract_portal_suspension)
        page.contract_portal_suspension = False
        page.action_save()
        self.assertFalse(self.env.company.contract_portal_suspension)


@tagged("post_install", "-at_install")
class TestPortalRequestRaces(RaceCase):
    def test_two_clicks_are_one_cancellation(self):
        self.env.company.contract_portal_cancellation = True
        user = self._race_user()
        refused = []

        def cancel(env):
            contract = env["contract.contract"].browse(self.contract.id)
            contract.with_user(user)._portal_cancel()

        def cancel_again(env):
            try:
                cancel(env)
            except UserError as error:
                refused.append(error)

        self._side_by_side(cancel, cancel_again)
        self.assertEqual(len(refused), 1)
        self.assertTrue(self.contract.is_terminated)

    def _race_user(self):
        # an administrator who is the customer: a user made here could not be deleted
        admin = self.env.ref("base.user_admin")
        self.contract.partner_id = admin.partner_id
        self._commit()
        return admin.id


@tagged("post_install", "-at_install")
class TestPortalPages(HttpCase):
    def setUp(self):
        super().setUp()
        self.env.company.contract_portal_suspension = True
        self.env.company.contract_portal_cancellation = True
        partner = self.env["res.partner"].create({"name": "Maria"})
        self.user = portal_user(self, "test_portal", partner)
        self.contract = self._contract(partner)
        self.path = f"/my/contracts/{self.contract.id}"
        self.authenticate("test_portal", "12345")

    def _contract(self, partner):
        contract = self.env["contract.contract"].create(
            {"name": "Contrato", "partner_id": partner.id}
        )
        contract.message_subscribe(self.user.partner_id.ids)
        return contract

    def _get(self, page=""):
        return self.url_open(f"{self.path}{page}")

    def _post(self, page, **values):
        values["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"{self.path}{page}", data=values)

    def test_suspended_after_a_second_look(self):
        self.assertIn(f"{self.path}/suspension", self._get().text)
        self.assertIn('value="check"', self._get("/suspension").text)
        first, last = self.contract._proposed_suspension()
        days = {"date_start": first, "date_end": last}
        answer = self._post("/suspension", step="check", **days)
        self.assertIn('value="confirm"', answer.text)
        self.assertFalse(self.contract.suspension_ids)
        answer = self._post("/suspension", step="change", **days)
        self.assertIn(f'value="{last}"', answer.text)
        answer = self._post("/suspension", step="confirm", **days)
        self.assertTrue(answer.url.endswith(f"{self.path}#leaving"))
        self.assertEqual(self.contract.suspension_ids.date_end, last)
        self.assertIn('value="end"', self._get("/suspension").text)
        self._post("/suspension", step="end")
        self.assertFalse(self.contract.is_suspended)

    def test_days_that_are_none(self):
        for days in ({"date_start": "x", "date_end": "2026-13-45"}, {}):
            for step in ("check", "confirm"):
                answer = self._post("/suspension", step=step, **days)
                self.assertIn("alert-danger", answer.text)
                self.assertIn('value="check"', answer.text)
        self.assertFalse(self.contract.suspension_ids)

    def test_cancelled_with_a_receipt(self):
        self.assertIn('id="sure"', self._get("/cancellation").text)
        self.assertTrue(self._get("/receipt").url.endswith("/my"))
        answer = self._post("/cancellation", reason="Mudei")
        self.assertTrue(answer.url.endswith(f"{self.path}#leaving"))
        number = self.contract.termination_receipt_number
        self.assertIn(number, answer.text)
        self.assertNotIn("/cancellation", answer.text)
        receipt = self._get("/receipt")
        self.assertEqual(receipt.status_code, 200)
        self.assertTrue(self._get("/cancellation").url.endswith("/my"))

    def test_nothing_without_a_post_of_ones_own(self):
        """Neither a link nor another site's form does anything."""
        first, last = self.contract._proposed_suspension()
        self._get(f"/suspension?step=confirm&date_start={first}&date_end={last}")
        with self.assertLogs("odoo.http", "WARNING"):
            answer = self.url_open(f"{self.path}/cancellation", data={"reason": "x"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.contract.suspension_ids)
        self.assertFalse(self.contract.is_terminated)

    def test_others_are_sent_away(self):
        stranger = self.env["res.partner"].create({"name": "Ana"})
        theirs = self._contract(stranger)  # followed by the customer who is logged in
        self.path = f"/my/contracts/{theirs.id}"
        theirs.action_withdraw()
        self.assertNotIn('id="leaving"', self._get().text)
        for page in ("/suspension", "/cancellation", "/receipt"):
            self.assertTrue(self._get(page).url.endswith("/my"))
        self._post("/cancellation")
        self._post("/suspension", step="end")
        self.assertFalse(theirs.is_terminated)

    def test_a_company_that_offers_nothing(self):
        self.env.company.contract_portal_suspension = False
        self.env.company.contract_portal_cancellation = False
        self.assertNotIn("/cancellation", self._get().text)
        for page in ("/suspension", "/cancellation"):
            self.assertTrue(self._get(page).url.endswith("/my"))

    def test_who_is_not_logged_in(self):
        self.authenticate(None, None)
        for page in ("/suspension", "/cancellation", "/receipt"):
            self.assertIn("/web/login", self._get(page).url)
