# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Notices: what is said, whether it arrives, and that it stays."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from ..models import contract_notice
from .common import CPFS, ContractCase

MAIL = "odoo.addons.mail.models.mail_mail"


class NoticeCase(MockEmail, ContractCase):
    PEOPLE = {"clerk": ()}

    def setUp(self):
        super().setUp()
        self._switch_dunning_on()

    def _notice(self, contract=None, kind="debt"):
        """The newest notice of a contract."""
        contract = contract or self.contract
        return self.env["contract.notice"].search(
            [("contract_id", "=", contract.id), ("kind", "=", kind)], limit=1
        )

    def _mail(self, notice):
        return self.env["mail.mail"].search(
            [("model", "=", "contract.notice"), ("res_id", "=", notice.id)]
        )

    def _alarm(self, contract=None):
        """What a person is told of a notice that did not arrive."""
        kind = self.env.ref("contract_access.activity_notice")
        activities = (contract or self.contract).activity_ids
        return activities.filtered(lambda activity: activity.activity_type_id == kind)


@tagged("post_install", "-at_install")
class TestNotice(NoticeCase):
    def test_it_says_what_the_regulator_wants(self):
        self.env["res.lang"]._activate_lang("en_US")
        self.customer.lang = "en_US"
        old = self._invoice(self.contract, 40, 99.9)
        new = self._invoice(self.contract, 9, 50)
        self._dun()
        notice = self._notice()
        self.assertEqual(notice.state, "outgoing")
        self.assertEqual(notice.amount, 149.9)
        self.assertEqual(notice.invoice_ids, old + new)
        self.assertEqual(
            notice.line_ids.mapped(
                lambda line: (line.name, line.due_date, line.amount)
            ),
            [
                (old.name, old.invoice_date_due, 99.9),
                (new.name, new.invoice_date_due, 50),
            ],
        )
        today = self.contract._today()
        for words in (
            old.name,
            new.name,
            old.invoice_date.strftime("%m/%Y"),
            "99.90",
            "149.90",
            (today + timedelta(15)).strftime("%m/%d/%Y"),
            "15 days after this notice",
            "60 days after the suspension",
            "credit bureau",
            "restored within one day",
            "you dispute",
            f"/my/invoices/{old.id}",
        ):
            self.assertIn(words, notice.body)
        # as it was: what happens to the invoice later changes nothing of it
        self._pay(old)
        self.assertEqual(notice.amount, 149.9)
        self.assertIn(old.name, notice.body)

    def test_it_comes_from_the_provider(self):
        company = self.contract.company_id
        company.email = "cobranca@provedor.example"
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(self.contract._get_related_invoices())
        for kind in ("debt", "block", "release"):
            mail = self._mail(self._notice(kind=kind))
            self.assertEqual(mail.email_from, company.email_formatted, kind)

    def test_the_customer_and_the_payer_get_it(self):
        payer = self._customer("Antônio", CPFS[1])
        self.contract.invoice_partner_id = payer
        self._invoice(self.contract, 9)
        self._dun()
        self.assertEqual(self.contract.notice_ids.partner_id, self.customer + payer)
        self._mail(self._notice())._postprocess_sent_message([], [])
        # whoever of them has it, it has been given
        debt = self.contract._debts()[self.contract.id]
        self.assertEqual(debt.noticed_on, self.contract._today())

    def test_the_mail_server_takes_it(self):
        self._invoice(self.contract, 9)
        self._dun()
        notice = self._notice()
        with self.mock_mail_gateway():
            self._mail(notice).send()
        self.assertEqual(
            (notice.state, notice.delivered_on), ("sent", self.contract._today())
        )
        self.assertTrue(self._mail(notice), "a bounce finds the notice by it")

    @mute_logger(MAIL)
    def test_a_refused_address_is_a_persons_business(self):
        self._invoice(self.contract, 90)
        self._dun()
        notice = self._notice()
        self._mail(notice)._postprocess_sent_message(
            [], [], failure_type="mail_email_invalid", failure_reason="550"
        )
        self.assertEqual((notice.state, notice.delivered_on), ("failed", False))
        self.assertIn(self.customer.name, self._alarm().note)
        for _day in range(3):
            self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(len(self.contract.notice_ids), 1)
        self.assertEqual(len(self._alarm()), 1)
        self.assertIn("before the notice has arrived", self.contract.access_explanation)

    def test_no_address(self):
        self.customer.email = False
        self._invoice(self.contract, 90)
        self._dun()
        self.assertEqual(self._notice().state, "failed")
        self.assertTrue(self._alarm())
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 1)
        # the address is there now: the next run gives the notice by itself
        self.customer.email = "maria@example.com"
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 2)
        self._deliver_notices()
        self.assertFalse(self._alarm())

    def _contracts_without_address(self, count):
        manager = self._operator("test_manager", "group_contract_manager")
        contracts = self.contract
        for cpf in CPFS[1:count]:
            contracts |= self._contract(self._customer(f"José {cpf}", cpf))
        contracts.user_id = manager
        contracts.partner_id.email = False
        for contract in contracts:
            self._invoice(contract, 20)
        return contracts

    def test_of_many_at_once_nobody_gets_a_mail_each(self):
        contracts = self._contracts_without_address(3)
        with self.mock_mail_gateway():
            self._dun()
        self.assertFalse(self._new_mails)
        for contract in contracts:
            self.assertIn(contract.partner_id.name, self._alarm(contract).note)

    def test_many_that_fail_ask_the_database_as_often_as_two(self):
        contracts = self._contracts_without_address(5)
        self._dun()
        counts = []
        rounds = (contracts[:2], contracts[:2], contracts)
        for some, why in zip(rounds, "abc", strict=True):
            contracts._close_occasion("contract_access.activity_notice")
            taken = self._queries(
                lambda some=some, why=why: some.notice_ids._failed(lambda notice: why)
            )
            counts.append(taken)
        _first, few, many = counts
        self.assertEqual(few, many)

    def test_one_that_was_reached_is_enough(self):
        payer = self._customer("Antônio", CPFS[1])
        self.contract.invoice_partner_id = payer
        self._invoice(self.contract, 20)
        self._dun()
        by_addressee = self.contract.notice_ids.grouped("partner_id")
        of_customer, of_payer = by_addressee[self.customer], by_addressee[payer]
        of_customer._delivered()
        of_payer._failed(lambda notice: "x")
        self.assertFalse(self._alarm())
        of_customer._failed(lambda notice: "x", state="bounced")
        self.assertIn(self.customer.name, self._alarm().note)
        of_payer._delivered()
        self.assertFalse(self._alarm())
        self.assertEqual(of_customer.state, "bounced")

    def test_what_is_left_open_when_the_rest_is_settled(self):
        told = self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices()
        self._invoice(self.contract, 5)
        self._dun()
        self._notice()._failed(lambda notice: "x")
        self.assertFalse(self._alarm())
        self._pay(told)
        self.assertIn(self.customer.name, self._alarm().note)

    def test_what_was_settled_tells_nothing_of_what_is_open(self):
        settled = self._invoice(self.contract, 20)
        self._dun()
        late = self._notice()
        self._invoice(self.contract, 5)
        self._dun()
        self._notice()._failed(lambda notice: "x")
        self._pay(settled)
        self.assertTrue(self._alarm())
        late._delivered()
        self.assertTrue(self._alarm())

    def test_nobody_is_told_of_what_is_settled(self):
        invoice = self._invoice(self.contract, 20)
        self._dun()
        self._pay(invoice)
        self._notice()._failed(lambda notice: "x")
        self.assertFalse(self._alarm())

    def test_a_bounce_takes_the_delivery_back(self):
        self._invoice(self.contract, 20)
        self._dun()
        [notice] = self._deliver_notices(days_ago=14)
        notice._message_receive_bounce(notice.recipient, notice.partner_id)
        self.assertEqual((notice.state, notice.delivered_on), ("bounced", False))
        self.assertTrue(self._alarm())
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")

    def test_a_server_that_is_down_is_nobodys_address(self):
        self._invoice(self.contract, 20)
        self._dun()
        notice = self._notice()
        mail = self._mail(notice)
        for kind, reason in (
            ("mail_smtp", ""),
            ("unknown", "SMTPRecipientsRefused: {'a@b': (452, b'4.5.3 Too many')}"),
            ("unknown", "SMTPSenderRefused: (421, b'4.7.0 Try again later', 'a@b')"),
            ("unknown", "SMTPServerDisconnected: Connection unexpectedly closed"),
        ):
            mail.write({"state": "exception", "scheduled_date": False})
            mail._postprocess_sent_message([], [], reason, kind)
            self.assertEqual((notice.state, mail.state), ("outgoing", "outgoing"))
            # not at once, and with all that wait, again and again
            self.assertTrue(mail.scheduled_date)
        self.assertFalse(self._alarm())
        # it waits in the queue, where nobody's address is at fault
        for days, state in ((2, "outgoing"), (4, "failed")):
            with freeze_time(self.env.cr.now() + timedelta(days=days)):
                self.env["contract.notice"]._look_at_outgoing()
            self.assertEqual(notice.state, state)
        self.assertTrue(self._alarm())
        # it comes back, and takes what waited
        mail._postprocess_sent_message([], [])
        self.assertEqual(notice.state, "sent")
        self.assertFalse(self._alarm())

    @mute_logger(MAIL)
    def test_whose_fault_a_refusal_is(self):
        self._invoice(self.contract, 20)
        self._dun()
        for reason, is_told_anew in (
            ("SMTPRecipientsRefused: {'a@b': (550, b'5.1.1 No such user')}", False),
            ("SMTPRecipientsRefused: {'a@b': (550, b'5.4.5 Daily quota')}", True),
            ("SMTPRecipientsRefused: {'a@b': (554, b'5.7.1 Relay denied')}", True),
            ("SMTPSenderRefused: (550, b'5.1.8 Not you', 'a@b')", True),
            ("SMTPDataError: (554, b'5.6.0 Too large')", True),
            # what a server says besides is no answer of it
            ("SMTPDataError: (554, b'5.6.0 More than 450 kB')", True),
        ):
            with self.subTest(reason):
                notice = self._notice()
                notice.line_ids.ended_on = False
                self._mail(notice)._postprocess_sent_message(
                    [], [], reason, failure_type="unknown"
                )
                self.assertEqual(notice.state, "failed")
                self.assertEqual(bool(notice.line_ids.ended_on), is_told_anew)

    def test_what_was_taken_out_of_the_queue_is_told_anew(self):
        self._invoice(self.contract, 20)
        self._dun()
        self._mail(self._notice()).cancel()
        with freeze_time(self.env.cr.now() + timedelta(days=2)):
            self._dun()
        self.assertEqual(self._notice().state, "failed")
        with freeze_time(self.env.cr.now() + timedelta(days=3)):
            self._dun()
        self.assertEqual(self._notice().state, "outgoing")

    def test_whoever_has_paid_or_left_is_nobodys_business(self):
        paid, left, owing = self._contracts_without_address(3)
        self._dun()
        for contract in (paid, left, owing):
            contract._open_occasion("contract_access.activity_dunning", "x")
        kinds = ["contract_access.activity_notice", "contract_access.activity_dunning"]
        self._pay(paid._get_related_invoices())
        self._end_of_request()
        left.action_blacklist("x")
        self.assertEqual(
            [len(row.activity_search(kinds)) for row in (paid, left, owing)], [0, 0, 2]
        )

    def test_the_other_one_can_be_reached_now(self):
        payer = self._customer("Antônio", CPFS[1])
        self.contract.invoice_partner_id = payer
        (self.customer | payer).email = False
        self._invoice(self.contract, 20)
        self._dun()
        self.assertEqual(self._notice().partner_id, payer)
        self.customer.email = "maria@example.com"
        self._dun()
        self.assertEqual(self._notice().partner_id, self.customer)

    def test_what_has_not_left_is_given_up_little_by_little(self):
        other = self._contract(self._customer("José", CPFS[1]))
        for contract in self.contract + other:
            self._invoice(contract, 20)
        self._dun()
        notices = (self.contract + other).notice_ids.sorted("id")
        model = type(notices)
        give_up = model._failed

        def killed(rows, reason, **options):
            if rows & notices[1]:
                raise ZeroDivisionError
            return give_up(rows, reason, **options)

        for notice in notices:
            self._mail(notice).cancel()
        with (
            freeze_time(self.env.cr.now() + timedelta(days=2)),
            patch.object(contract_notice, "BATCH_SIZE", 1),
            patch.object(model, "_order", "id"),
            patch.object(model, "_failed", killed),
            suppress(ZeroDivisionError),
        ):
            notices._look_at_outgoing()
        self.env.cr.rollback()
        self.assertEqual(notices.mapped("state"), ["failed", "outgoing"])

    def test_one_that_cannot_be_made_stops_nobody(self):
        other = self._contract(self._customer("José", CPFS[1]))
        for contract in self.contract + other:
            self._invoice(contract, 20)
        template = self.env.ref("contract_access.mail_template_overdue")
        template.with_context(
            lang="en_US"
        ).subject = "{{ 1 / len(object.partner_id.name.replace('José', '')) }}"
        template.with_context(lang="pt_BR").subject = template.with_context(
            lang="en_US"
        ).subject
        with mute_logger(
            "odoo.addons.contract_access.models.contract_notice",
            "odoo.addons.mail.models.mail_render_mixin",
        ):
            self._dun()
        self.assertEqual(self._notice(self.contract).state, "outgoing")
        self.assertEqual(self._notice(other).state, "failed")
        self.assertTrue(self._alarm(other))

    def test_a_deleted_template_stops_nobody(self):
        self.env["mail.template"].browse(
            self.env.ref(xml_id).id
            for xml_id in self.env["contract.notice"]._templates().values()
        ).unlink()
        invoice = self._invoice(self.contract, 20)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(self._notice().state, "failed")
        self.assertTrue(self._notice().failure_reason)
        self.assertTrue(self._alarm())
        self._deliver_notices()
        self.contract.action_block()
        self.contract.action_release()
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "active")
        settings = self.env["contract.dunning.settings"].create({})
        self.assertEqual(settings.action_edit_notices()["domain"], [("id", "in", [])])

    def test_what_our_template_kept_back_is_told_the_next_day(self):
        template = self.env.ref("contract_access.mail_template_overdue")
        words = template.subject
        self._reword(template, "{{ 1 / 0 }}")
        self._invoice(self.contract, 20)
        with mute_logger(
            "odoo.addons.contract_access.models.contract_notice",
            "odoo.addons.mail.models.mail_render_mixin",
        ):
            for days in range(3):
                with freeze_time(self.env.cr.now() + timedelta(days=days)):
                    for _again in range(2):
                        self._dun()
        failed = self.contract.notice_ids
        self.assertEqual(failed.mapped("state"), ["failed"] * 3)
        self.assertEqual(len(self._alarm()), 1)
        self._reword(template, words)
        with freeze_time(self.env.cr.now() + timedelta(days=3)):
            self._dun()
            self.assertEqual(self._notice().state, "outgoing")
            self._deliver_notices()
        self.assertFalse(self._alarm())
        self.assertEqual(failed.mapped("state"), ["failed"] * 3)

    def test_what_is_taken_after_all_is_not_told_anew(self):
        self._invoice(self.contract, 20)
        self._dun()
        self._notice()._failed(lambda notice: "x", ours=True)
        self._notice()._delivered()
        with freeze_time(self.env.cr.now() + timedelta(days=1)):
            self._dun()
        self.assertEqual(len(self.contract.notice_ids), 1)

    def _reword(self, template, words):
        for lang, _name in self.env["res.lang"].get_installed():
            template.with_context(lang=lang).subject = words

    @mute_logger(MAIL)
    def test_what_our_address_kept_back_is_told_the_next_day(self):
        self._invoice(self.contract, 20)
        self._dun()
        self._mail(self._notice())._postprocess_sent_message(
            [], [], failure_type="mail_from_missing"
        )
        self.assertEqual(self._notice().state, "failed")
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 1)
        with freeze_time(self.env.cr.now() + timedelta(days=1)):
            self._dun()
        self.assertEqual(self._notice().state, "outgoing")

    def test_it_is_proof(self):
        self._invoice(self.contract, 20)
        self._dun()
        [notice] = self._deliver_notices()
        manager = self._operator("test_manager", "group_contract_manager")
        for user in (manager, self.env.ref("base.user_admin")):
            theirs = notice.with_user(user)
            for name, value in (("body", "x"), ("delivered_on", "2026-01-01")):
                with self.assertRefused((AccessError, UserError), ""):
                    theirs.write({name: value})
            with self.assertRefused((AccessError, UserError), ""):
                theirs.unlink()
        # not even our own code
        for name, value in (("body", "x"), ("amount", 1), ("kind", "release")):
            with self.assertRefused(UserError, "is proof"):
                notice.write({name: value})
        with self.assertRefused(UserError, "kept for 5 years"):
            notice.unlink()
        with self.assertRefused(UserError, "has notices"):
            self.env["contract.contract"].browse(
                self.contract.id
            )._unlink_except_noticed()

    def test_what_was_recorded_by_mistake_counts_for_nothing(self):
        self._invoice(self.contract, 30)
        self._dun()
        [notice] = self._deliver_notices(days_ago=15)
        with self.assertRefused(AccessError, "Only a manager"):
            notice.with_user(self.clerk).action_void()
        manager = self._operator("test_manager", "group_contract_manager")
        notice.with_user(manager).action_void()
        self.assertEqual((notice.state, notice.delivered_on), ("failed", False))
        self.assertIn(manager.name, notice.failure_reason)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        # it is told anew, and the block counts from there
        self.assertEqual(len(self.contract.notice_ids), 2)
        self._deliver_notices(days_ago=15)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self._notice(kind="debt").with_user(manager).action_void()
        self.assertStatusPair(self.contract, "active", "overdue")
        self._dun()
        self._deliver_notices(days_ago=15)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        # what has fallen due since was told to nobody
        self._invoice(self.contract, 1)
        self._pay(notice.invoice_ids)
        self.assertIn("fallen due since", self.contract.access_explanation)

    def test_it_is_kept_as_long_as_the_company_says(self):
        self._invoice(self.contract, 20)
        self._dun()
        notice = self._notice()
        notices = self.env["contract.notice"]
        notices._gc_notices()
        self.assertTrue(notice.exists())
        with freeze_time(self.env.cr.now() + timedelta(days=5 * 366)):
            notices._gc_notices()
        self.assertFalse(notice.exists())

    def test_who_sees_them(self):
        self._invoice(self.contract, 20)
        self._dun()
        notice = self._notice()
        self.assertTrue(notice.with_user(self.clerk).has_access("read"))
        self.assertTrue(notice.with_user(self.clerk).read(["invoice_ids", "amount"]))
        branch = self.env["res.company"].create({"name": "Filial"})
        stranger = self._operator("test_stranger")
        stranger.write({"company_ids": branch.ids, "company_id": branch.id})
        nobody = self._operator("test_nobody", "base.group_user")
        portal = self._operator("test_portal", "base.group_portal")
        for user in (stranger, nobody, portal):
            self.assertFalse(notice.with_user(user).has_access("read"))
            self.assertFalse(notice.line_ids.with_user(user).has_access("read"))

    def test_a_notice_that_a_person_gave(self):
        self.customer.email = False
        self._invoice(self.contract, 40)
        self._dun()
        wizard = self._record(self.contract._today() - timedelta(days=15))
        notice = self._notice()
        wizard.action_confirm()
        self.assertEqual(self._notice(), notice)
        self.assertEqual((notice.channel, notice.state), ("whatsapp", "sent"))
        self.assertEqual(notice.user_id, self.clerk)
        self.assertEqual(notice.attachment_ids.raw, b"proof")
        self.assertEqual(notice.block_from, self.contract._today())
        self.assertFalse(self._alarm())
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def _record(self, day):
        proof = self.env["ir.attachment"].with_user(self.clerk)
        form = Form(
            self.env["contract.notice.record"]
            .with_user(self.clerk)
            .with_context(default_contract_id=self.contract.id)
        )
        form.channel = "whatsapp"
        form.recipient = "+55 11 98765-4321"
        form.delivered_on = day
        form.text = "Maria, há uma fatura em aberto."
        wizard = form.save()
        wizard.attachment_ids = proof.create({"name": "print.png", "raw": b"proof"})
        wizard.action_confirm()
        return wizard

    def test_a_person_records_no_nonsense(self):
        self._invoice(self.contract, 10)
        today = self.contract._today()
        with self.assertRefused(UserError, "later than today"):
            self._record(today + timedelta(days=1))
        with self.assertRefused(UserError, "nothing was overdue"):
            self._record(today - timedelta(days=10))
        self._record(today - timedelta(days=9))

    def test_a_release_during_a_correction_keeps_the_notice(self):
        invoice = self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self.contract.action_block()
        invoice.button_draft()
        self.contract.action_release()
        invoice.action_post()
        self.assertFalse(any(self.contract.notice_ids.line_ids.mapped("ended_on")))

    def test_again_to_the_corrected_address(self):
        self.customer.email = False
        self._invoice(self.contract, 10)
        self._dun()
        self.customer.email = "maria@example.com"
        failed = self._notice()
        for _time in range(2):
            # whoever repeats it does no harm
            failed.with_user(self.clerk).action_send_again()
        self.assertEqual(len(self.contract.notice_ids), 2)
        self.assertEqual(self._notice().recipient, "maria@example.com")
        self._deliver_notices()
        with self.assertRefused(UserError, "has been delivered"):
            self._notice().with_user(self.clerk).action_send_again()

    def test_again_is_for_debts(self):
        self.customer.email = False
        failed = self.env["contract.notice"]._give(self.contract, "release")
        self.assertEqual(failed.state, "failed")
        with self.assertRefused(UserError, "Only a notice of a debt"):
            failed.with_user(self.clerk).action_send_again()

    def test_again_for_several(self):
        contracts = self._contracts_without_address(4)
        told, paid, *_others = contracts
        self._dun()
        failed = contracts.notice_ids
        for contract in contracts:
            contract.partner_id.email = "correct@example.com"
        self._notice(told).with_user(self.clerk).action_send_again()
        self._deliver_notices()
        self._pay(paid._get_related_invoices())
        failed.with_user(self.clerk).action_send_again()
        self.assertEqual(
            [len(contract.notice_ids) for contract in contracts], [2, 1, 2, 2]
        )
        with self.assertRefused(UserError, "has been delivered"):
            told.notice_ids.with_user(self.clerk).action_send_again()
        with self.assertRefused(UserError, "Nothing is overdue"):
            paid.notice_ids.with_user(self.clerk).action_send_again()

    def test_who_is_offered_to_send_several_again(self):
        notices = self.env["contract.notice"]
        accountant = self._operator("test_accountant", "account.group_account_invoice")
        for user, offered in ((self.clerk, True), (accountant, False)):
            view = notices.with_user(user).get_view(view_type="list")["arch"]
            self.assertEqual("action_send_again" in view, offered)

    def test_what_falls_due_later_needs_its_own(self):
        first = self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices(days_ago=10)
        self._invoice(self.contract, 5)
        self._dun()
        self.assertEqual(len(self.contract.notice_ids), 2)
        # the block counts from what was said of the first, and this one says so
        newest = self._notice()
        self.assertEqual(newest.block_from, self.contract.next_step_on)
        self.assertIn("5 days after this notice", self._english(self.contract).body)
        self._deliver_notices()
        self._pay(first)
        # what was said of the first is over with it
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        debt = self.contract._debts()[self.contract.id]
        self.assertEqual(debt.noticed_on, self.contract._today())

    def test_what_is_left_below_the_minimum_keeps_no_notice_alive(self):
        first = self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self._pay(first, 97)
        self.assertStatusPair(self.contract, "active", "active")
        self._invoice(self.contract, 2)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(self._notice().state, "outgoing")

    def test_nor_does_what_is_left_where_a_block_by_hand_is_released(self):
        first = self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self.contract.action_block()
        self._pay(first, 97)
        self.contract.action_release()
        self.assertTrue(all(self.contract.notice_ids.line_ids.mapped("ended_on")))

    def test_who_is_blocked_already_is_told_of_no_block(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._invoice(self.contract, 5)
        self._dun()
        notice = self._notice()
        self.assertEqual((notice.state, notice.block_from), ("outgoing", False))
        words = self._english(self.contract).body
        self.assertNotIn("after this notice", words)
        self.assertIn("restored within one day", words)

    def test_posted_again_it_stands(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        invoice.button_draft()
        invoice.action_post()
        self._end_of_request()
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertEqual(len(self.contract.notice_ids), 2)

    def test_a_payment_that_is_undone_begins_anew(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "active")
        payment = self.env["account.payment"].search(
            [("partner_id", "=", self.customer.id)]
        )
        payment.action_draft()
        payment.action_cancel()
        self._end_of_request()
        self.assertEqual(invoice.amount_residual, 100)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(self._notice().state, "outgoing")

    def test_companies_have_periods_of_their_own(self):
        self.env.company.write(
            {
                "contract_business_periods": True,
                "contract_business_notice_after_days": 1,
                "contract_business_block_after_notice_days": 5,
            }
        )
        business = self._contract(self._customer("Padaria", CPFS[1]))
        business.partner_id.is_company = True
        for contract in self.contract + business:
            self._invoice(contract, 20)
        self._dun()
        self.assertIn("5 days after this notice", self._english(business).body)
        self._deliver_notices(days_ago=5)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertStatusPair(business, "active", "auto_blocked")

    def _english(self, contract):
        notice = self._notice(contract)
        body = notice.with_context(lang="en_US").rules_text
        return type("Text", (), {"body": body})

    def test_nothing_is_taken_away_before_days_off(self):
        """With Friday 18 December 2026, a holiday on Thursday 17, and Christmas."""
        self.env.company.contract_spare_days_off = True
        self.env.company.partner_id.tz = "America/Sao_Paulo"
        calendar = self.env.company.resource_calendar_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Feriado",
                "calendar_id": calendar.id,
                "date_from": "2026-12-17 03:00:00",
                "date_to": "2026-12-18 02:59:59",
            }
        )
        with freeze_time("2026-12-16 12:00:00"):
            self._invoice(self.contract, 20)
            self._dun()
            self._deliver_notices(days_ago=15)
            self._dun()
            self.assertStatusPair(self.contract, "active", "overdue")
            self.assertEqual(str(self.contract.next_step_on), "2026-12-21")
        for day in ("17", "18", "19", "20"):  # the holiday, Friday, and the weekend
            with freeze_time(f"2026-12-{day} 12:00:00"):
                self._dun()
                self.assertStatusPair(self.contract, "active", "overdue")
        with freeze_time("2026-12-21 12:00:00"):
            self._dun()
            self.assertStatusPair(self.contract, "active", "auto_blocked")


@tagged("post_install", "-at_install")
class TestPromise(NoticeCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(self.contract, 20)
        self.today = self.contract._today()
        self.ours = self.contract.with_user(self.clerk)

    def _promise(self, days=3):
        step = self.env["contract.step"].with_user(self.clerk)
        form = Form(
            step.with_context(
                default_step="promise", default_contract_id=self.contract.id
            )
        )
        form.promised_for = self.today + timedelta(days=days)
        form.save().action_confirm()

    def test_it_is_kept(self):
        self._dun_until_blocked()
        self._promise()
        self.assertStatusPair(self.contract, "active", "overdue")
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        release = self.contract.release_ids
        self.assertEqual(release.promised_for, self.today + timedelta(days=3))
        self._pay(self.invoice)
        self.assertEqual(release.outcome, "kept")

    def test_it_is_broken(self):
        self._dun_until_blocked()
        self._promise()
        notices = self.contract.notice_ids.filtered(lambda row: row.kind == "debt")
        promised, next_day = (self.today + timedelta(days=n) for n in (3, 4))
        with freeze_time(f"{promised} 15:00:00"):  # the day itself is the customer's
            self._dun()
            self.assertStatusPair(self.contract, "active", "overdue")
        with freeze_time(f"{next_day} 15:00:00"):
            self._dun()
            self.assertStatusPair(self.contract, "active", "auto_blocked")
            self.assertEqual(self.contract.release_ids.outcome, "broken")
            self.assertEqual(
                self.contract.notice_ids.filtered(lambda row: row.kind == "debt"),
                notices,
            )
            self.env.company.contract_release_limit = 1
            with self.assertRefused(UserError, "limit of releases"):
                self.ours.action_release()

    def test_before_the_block(self):
        self._dun()
        self._deliver_notices(days_ago=15)
        self._promise()
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(self.contract.next_step_on, self.today + timedelta(days=4))

    def test_a_kept_one_does_not_count(self):
        self.env.company.contract_release_limit = 1
        self._dun_until_blocked()
        self._promise()
        self._pay(self.invoice)
        self._invoice(self.contract, 20)
        self._dun()
        self._promise()
        self.assertEqual(self.contract.no_block_until, self.today + timedelta(days=4))

    def test_which_days(self):
        self._dun()
        for days in (-1, 0, 11):
            with self.assertRefused(UserError, "within 10 days"):
                self._promise(days)
        for day in ("soon", None, 5, {}):
            with self.assertRefused(UserError, "within 10 days"):
                self.ours.action_promise(day)
        self.assertFalse(self.contract.release_ids)

    def test_only_for_who_owes(self):
        with self.assertRefused(UserError, "contract that is overdue"):
            self._promise()
        self.ours.action_block("x")
        self._pay(self.invoice)
        with self.assertRefused(UserError, "Nothing is overdue"):
            self._promise()


@tagged("post_install", "-at_install")
class TestDispute(NoticeCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(self.contract, 20)

    def _dispute(self, reason="Cobrança em dobro", is_disputed=True):
        action = self.contract.with_user(self.clerk).action_open_disputes()
        dispute = self.env["contract.dispute"].browse(action["res_id"])
        form = Form(dispute.with_user(self.clerk))
        with form.line_ids.edit(0) as line:
            line.is_disputed = is_disputed
        form.reason = reason
        form.save().action_confirm()
        self._end_of_request()

    def test_it_counts_for_nothing_until_it_is_decided(self):
        self._dun_until_blocked()
        self._dispute()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.invoice.disputed_on, self.contract._today())
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self._dispute(False, is_disputed=False)
        self._dun()
        # from a new notice
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(self._notice().state, "outgoing")

    def test_one_of_two(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._dispute()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertEqual(self.contract.overdue_amount, 100)

    def test_what_somebody_else_has_said_meanwhile_stays(self):
        other = self._invoice(self.contract, 10)
        action = self.contract.with_user(self.clerk).action_open_disputes()
        dispute = self.env["contract.dispute"].with_user(self.clerk)
        form = Form(dispute.browse(action["res_id"]))
        other.write({"is_disputed": True, "dispute_reason": "Já paga"})
        for index in (0, 1):
            with form.line_ids.edit(index) as line:
                line.is_disputed = True
        form.reason = "Cobrança em dobro"
        form.save().action_confirm()
        self.assertEqual(
            (self.invoice + other).mapped("dispute_reason"),
            ["Cobrança em dobro", "Já paga"],
        )
        self.assertTrue(other.is_disputed)

    def test_a_reason(self):
        with self.assertRefused(UserError, "Say why"):
            self._dispute(" ")

    def test_whose(self):
        action = self.contract.with_user(self.clerk).action_open_disputes()
        dispute = self.env["contract.dispute"].browse(action["res_id"])
        other = self._operator("test_other")
        for record in (dispute, dispute.line_ids):
            self.assertFalse(record.with_user(other).has_access("write"))
        invoice = self._invoice(self._contract(self._customer("José", CPFS[1])), 20)
        with self.assertRefused((AccessError, UserError), ""):
            dispute.line_ids.with_user(self.clerk).invoice_id = invoice
        with self.assertRefused((AccessError, UserError), ""):
            dispute.with_user(self.clerk).line_ids = [
                (0, 0, {"invoice_id": invoice.id, "is_disputed": True})
            ]
