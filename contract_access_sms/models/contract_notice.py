# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Notices by SMS, through whatever provider Odoo's own addon is set up with."""

from odoo import api, fields, models
from odoo.tools import html2plaintext, plaintext2html


class ContractNotice(models.Model):
    _inherit = "contract.notice"

    # for the texts, which may name fields, and decide nothing
    invoices_in_words = fields.Char(compute="_compute_words")
    rules_in_words = fields.Char(compute="_compute_words")
    payment_url = fields.Char(compute="_compute_words")

    @api.depends("line_ids", "rules_text")
    @api.depends_context("lang")
    def _compute_words(self):
        for notice in self:
            notice.invoices_in_words = ", ".join(
                notice.env._(
                    "%(invoice)s due on %(day)s",
                    invoice=line.name,
                    day=notice._day_in_words(line.due_date),
                )
                for line in notice.line_ids
            )
            notice.rules_in_words = " ".join(
                html2plaintext(notice.rules_text or "").replace("*", "").split()
            )
            notice.payment_url = notice._payment_url()

    def _day_in_words(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    @api.model
    def _sms_templates(self):
        """The text of each kind, by xml id."""
        return {
            kind: f"contract_access_sms.sms_template_{kind}"
            for kind in self._templates()
        }

    @api.model
    def _ways(self, contract, kind):
        ways = super()._ways(contract, kind)
        choice = contract.company_id.contract_notice_sms
        by_mail = [way for way in ways if way[2]]
        if choice != "always" and (choice != "no_email" or by_mail):
            return ways
        people = {}
        for partner in self._people(contract, kind):
            number = partner._sms_number()
            if number:
                people.setdefault(number, partner)
        texts = [(partner, "sms", number) for number, partner in people.items()]
        return by_mail + texts or ways

    def _goes_by_sms(self):
        """Whether anybody would get an SMS if it were given now."""
        ways = self._ways(self.contract_id, self.kind)
        return any(channel == "sms" for _partner, channel, _number in ways)

    def _deliver_sms(self):
        for kind, notices in self.grouped("kind").items():
            template = self._template(self._sms_templates()[kind])
            if not template:
                notices._failed(
                    lambda notice: notice.env._("The SMS template was deleted"),
                    ours=True,
                )
                continue
            notices._make(lambda rows, template=template: rows._text(template))

    def _queued(self):
        # sudo: the queue is the system's
        messages = self.env["sms.sms"].sudo()._search([("state", "=", "outgoing")])
        trackers = self.env["sms.tracker"].sudo()
        waiting = trackers.search(
            [
                ("contract_notice_id", "in", self.ids),
                ("sms_uuid", "in", messages.subselect("uuid")),
            ]
        )
        return super()._queued() | self & waiting.contract_notice_id

    def _text(self, template):
        for company, notices in self.grouped("company_id").items():
            # whose account it goes by
            notices.with_company(company)._text_of_company(template)

    def _text_of_company(self, template):
        texts = {}
        for lang, notices in self.grouped(lambda row: row.partner_id.lang).items():
            # computed texts are of a language, too
            in_lang = template.with_context(lang=lang)
            texts |= in_lang._render_field("body", notices.ids, set_lang=lang)
        # sudo: the queue of SMS is the system's
        messages = self.env["sms.sms"].sudo()
        messages = messages.create(
            [
                {
                    "body": texts[notice.id],
                    "number": notice.recipient,
                    "partner_id": notice.partner_id.id,
                }
                for notice in self
            ]
        )
        # … and so is what knows which of them was whose
        self.env["sms.tracker"].sudo().create(
            [
                {"sms_uuid": message.uuid, "contract_notice_id": notice.id}
                for notice, message in zip(self, messages, strict=True)
            ]
        )
        for notice in self:
            notice.write(
                {"subject": template.name, "body": plaintext2html(texts[notice.id])}
            )
