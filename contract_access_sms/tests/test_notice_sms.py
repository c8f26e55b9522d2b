# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Notices by SMS: who gets one, what it says, and what becomes of it."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.contract_access.tests.common import CPFS, ContractCase
from odoo.addons.sms.tests.common import MockSMS

NUMBER = "+5511987654321"
ACTIVITY = "contract_access.activity_notice"


# Odoo reaches no provider while it is tested: the last step is its own mock
@tagged("post_install", "-at_install")
class TestNoticeSms(ContractCase, MockSMS):
    def _finish_the_stage(self):
        self._switch_dunning_on()
        self.env.company.country_id = self.env.ref("base.br")
        self.env.company.contract_notice_sms = "always"
        self._invoice(self.contract, 20)

    def _send(self, **outcome):
        """What the queue of SMS does."""
        with self.mockSMSGateway(**outcome):
            self.env["sms.sms"].search([("state", "=", "outgoing")]).send()

    def _told(self):
        return {notice.channel: notice for notice in self.contract.notice_ids}

    def _report(self, status):
        """The provider says what became of it, as Odoo's controller is told."""
        notices = self.contract.notice_ids
        trackers = self.env["sms.tracker"].search(
            [("contract_notice_id", "in", notices.ids)]
        )
        trackers = trackers.with_user(self.env.ref("base.public_user")).sudo()
        if state := self.env["sms.sms"].IAP_TO_SMS_STATE_SUCCESS.get(status):
            trackers._action_update_from_sms_state(state)
        else:
            trackers._action_update_from_provider_error(status)
        self._end_of_request()

    def test_who_gets_one(self):
        company = self.env.company
        notices = self.env["contract.notice"]
        mail = (self.customer, "email", self.customer.email)
        text = (self.customer, "sms", NUMBER)
        for choice, with_mail, without in (
            ("never", [mail], [(self.customer, "email", False)]),
            ("no_email", [mail], [text]),
            ("always", [mail, text], [text]),
        ):
            company.contract_notice_sms = choice
            self.assertEqual(notices._ways(self.contract, "debt"), with_mail)
            email, self.customer.email = self.customer.email, False
            self.assertEqual(notices._ways(self.contract, "debt"), without)
            self.customer.email = email
        self.customer.phone = False
        self.assertEqual(notices._ways(self.contract, "debt"), [mail])

    def test_the_payer_has_a_telephone_too(self):
        payer = self._customer("José", CPFS[1], "(11) 91234-5678")
        self.contract.invoice_partner_id = payer
        ways = self.env["contract.notice"]._ways(self.contract, "debt")
        self.assertEqual(
            [(who, number) for who, channel, number in ways if channel == "sms"],
            [(self.customer, NUMBER), (payer, "+5511912345678")],
        )
        payer.phone = self.customer.phone
        ways = self.env["contract.notice"]._ways(self.contract, "debt")
        self.assertEqual(len([way for way in ways if way[1] == "sms"]), 1)

    def test_what_it_says(self):
        self._speak_portuguese()
        self.customer.lang = "pt_BR"
        self._dun()
        notice = self._told()["sms"]
        self.assertEqual((notice.state, notice.recipient), ("outgoing", NUMBER))
        self._send()
        [sent] = self._sms
        for words in (
            self.env.company.name,
            self.contract.name,
            notice.invoice_ids.name,
            "15 dias",
            "60 dias",
            "proteção ao crédito",
            "um dia",
            "http",
        ):
            self.assertIn(words, sent["body"])
            self.assertIn(words, notice.body)
        self.assertNotIn("*", sent["body"])

    def test_those_of_several_companies_go_each_by_its_own_account(self):
        self._dun()
        messages = self.env["sms.sms"].search([("state", "=", "outgoing")])
        with patch.object(type(messages), "_split_by_api", autospec=True) as split:
            split.return_value = []
            messages._process_queue()
        self.assertEqual(split.call_count, 1)

    def test_whose_fault_it_is(self):
        self.customer.email = False
        self._dun()
        [notice] = self.contract.notice_ids
        for kind, is_told_anew in (
            ("sms_number_format", False),
            ("sms_credit", True),
            ("twilio_from_missing", True),
            ("unknown", True),
        ):
            with self.subTest(kind):
                notice._delivered()
                notice.write({"state": "outgoing", "delivered_on": False})
                notice.line_ids.ended_on = False
                trackers = self.env["sms.tracker"].search(
                    [("contract_notice_id", "=", notice.id)]
                )
                trackers._did_not_arrive(kind)
                self.assertEqual(bool(notice.line_ids.ended_on), is_told_anew)

    def test_what_waits_in_the_queue(self):
        self.customer.email = False
        self._dun()
        [notice] = self.contract.notice_ids
        self.assertEqual(notice._queued(), notice)
        self._send()
        self.assertFalse(notice._queued())

    def test_it_counts_when_the_telephone_has_it(self):
        self.customer.email = False
        self._dun()
        [notice] = self.contract.notice_ids
        self._send()
        self.assertEqual(notice.state, "outgoing")
        self._report("sent")
        self.assertEqual(notice.state, "outgoing")
        self._report("delivered")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.delivered_on, self.contract._today())
        notice.delivered_on -= timedelta(days=15)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_one_that_does_not_arrive(self):
        self.customer.email = False
        self._dun()
        [notice] = self.contract.notice_ids
        self._send()
        self._report("not_delivered")
        self.assertEqual(notice.state, "failed")
        [activity] = self.contract.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(ACTIVITY))
        # a report that comes late
        self._report("delivered")
        self.assertEqual(notice.state, "sent")
        self.assertFalse(self.contract.activity_ids)

    def test_one_that_the_provider_does_not_take(self):
        self.customer.email = False
        self._dun()
        [notice] = self.contract.notice_ids
        self._send(sim_error="credit")
        self.assertEqual(notice.state, "failed")
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")

    def test_where_the_e_mail_arrives_nobody_is_told(self):
        self._dun()
        self._told()["email"]._delivered()
        self._send()
        self._report("not_delivered")
        self.assertEqual(self._told()["sms"].state, "failed")
        self.assertFalse(self.contract.activity_ids)

    def test_what_is_nobodys_telephone_is_told_the_next_day(self):
        self.customer.email = False
        errors = ("credit", "server_error", "wrong_number_format")
        for count, error in enumerate(errors, start=1):
            with freeze_time(self.env.cr.now() + timedelta(days=count)):
                self._dun()
                self._send(sim_error=error)
                self._dun()
            self.assertEqual(len(self.contract.notice_ids), count, error)
        with freeze_time(self.env.cr.now() + timedelta(days=4)):
            self._dun()
        self.assertEqual(self.contract.notice_ids.mapped("state"), ["failed"] * 3)
        self.assertEqual(len(self.contract.activity_ids), 1)

    def test_a_corrected_telephone(self):
        self.customer.email = False
        self._dun()
        self._send()
        self._report("not_delivered")
        self.customer.phone = "(11) 98765-4321"
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 1, "it is the same")
        self.customer.phone = "(11) 91234-5678"
        self._dun()
        self.assertEqual(self.contract.notice_ids[0].recipient, "+5511912345678")

    def test_the_first_telephone(self):
        self.customer.write({"email": False, "phone": False})
        self._dun()
        self.assertEqual(self.contract.notice_ids.state, "failed")
        self.customer.phone = NUMBER
        self._dun()
        self.assertEqual(self._told()["sms"].recipient, NUMBER)

    def test_a_telephone_is_no_e_mail_address(self):
        self.env.company.contract_notice_sms = "no_email"
        self._dun()
        self.contract.notice_ids._failed(lambda notice: "x")
        self.customer.phone = "(11) 91234-5678"
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 1)

    def test_a_landline_gets_none(self):
        notices = self.env["contract.notice"]
        mail = (self.customer, "email", self.customer.email)
        for phone, number in (
            ("(11) 3333-4444", False),
            ("+1 201 555 0123", "+12015550123"),  # fixed or mobile, nobody can tell
        ):
            self.customer.phone = phone
            ways = [mail, (self.customer, "sms", number)] if number else [mail]
            self.assertEqual(notices._ways(self.contract, "debt"), ways, phone)
        self.customer.write({"phone": "(11) 3333-4444", "email": False})
        self.assertEqual(
            notices._ways(self.contract, "debt"), [(self.customer, "email", False)]
        )

    def test_every_field_of_ours_is_guarded(self):
        self.assertFieldsGuarded(
            "contract_access_sms", {"res.company", "res.config.settings", "sms.tracker"}
        )

    def test_a_manager_chooses(self):
        manager = self._operator(
            "test_manager", "contract_access.group_contract_manager"
        )
        rules = self.env["contract.dunning.settings"].with_user(manager)
        form = rules.create({"contract_notice_sms": "no_email"})
        form.action_save()
        self.assertEqual(self.env.company.contract_notice_sms, "no_email")
        action = form.action_edit_texts()
        texts = self.env["sms.template"].with_user(manager).search(action["domain"])
        self.assertEqual(len(texts), 4)
        texts[0].sudo().unlink()
        action = form.action_edit_texts()
        self.assertEqual(texts.search(action["domain"]), texts[1:])
