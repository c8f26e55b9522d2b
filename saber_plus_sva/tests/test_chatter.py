# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is written while nobody is at work is in the company's language."""

from odoo.tests import tagged

from .common import CPFS, PACKAGE, SvaCase


@tagged("post_install", "-at_install")
class TestChatter(SvaCase):
    def setUp(self):
        super().setUp()
        self._speak_portuguese()
        self.env["res.lang"]._activate_lang("en_US")
        self.env.company.partner_id.lang = "pt_BR"
        self._end_of_request()
        self.env = self.env(context={})
        self.contract = self.contract.with_env(self.env)
        self.integration = self.integration.with_env(self.env)

    def _told(self, record):
        """What the latest message of a record says: its text, and what has changed."""
        self._end_of_request()
        message = record.message_ids[:1].sudo()
        changes = message.tracking_value_ids
        return (
            message.preview or "",
            {
                value.field_id.name: (value.old_value_char, value.new_value_char)
                for value in changes
            },
        )

    def test_the_daily_action(self):
        user = self._sva_user()
        self._switch_dunning_on()
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        text, changes = self._told(self.contract)
        self.assertIn("20 dias em atraso", text)
        self.assertEqual(
            changes["access_status"], ("Financeiro em atraso", "Bloqueio automático")
        )
        _text, changes = self._told(user)
        self.assertEqual(changes["state"], ("Ativo", "Bloqueado"))

    def test_companies_of_two_languages_in_one_run(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        branch.partner_id.lang = "en_US"
        self.env["account.chart.template"].try_loading("generic_coa", branch)
        english = self._contract(
            self._customer("John", CPFS[1]),
            self.internet,
            company_id=branch.id,
            journal_id=self.env["account.journal"]
            .search([("company_id", "=", branch.id), ("type", "=", "sale")], limit=1)
            .id,
        )
        for company in self.env.company + branch:
            company.write({"contract_notice_after_days": 1})
        self._invoice(self.contract, 5)
        self._invoice(english, 5)
        self._dun()
        text, changes = self._told(self.contract)
        self.assertIn("5 dias em atraso", text)
        self.assertEqual(changes["access_status"], ("Ativo", "Financeiro em atraso"))
        text, changes = self._told(english)
        self.assertIn("5 days overdue", text)
        self.assertEqual(changes["access_status"], ("Active", "Overdue"))

    def test_the_engine(self):
        self._sva_user()
        self.sandbox.suspend()
        self._run_engine()
        _text, changes = self._told(self.integration)
        self.assertEqual(changes["connection_state"], ("Conectada", "Token recusado"))

    def test_what_is_created(self):
        user = self._sva_user()
        text, _changes = self._told(user)
        self.assertEqual(text, "Usuário SVA criado")

    def test_an_adoption(self):
        self.sandbox.add_user(
            cpf=CPFS[0],
            username=CPFS[0],
            name="Maria",
            phone="+5511955554444",
            package_code=PACKAGE,
        )
        self.integration.action_reconcile()
        found = self.env["sva.divergence"].search(
            [("integration_id", "=", self.integration.id)]
        )
        found.is_queued = True
        found._adopt_queued()
        text, _changes = self._told(self.contract.sva_user_ids)
        self.assertIn("Adotado da plataforma", text)

    def test_a_payment_that_nobody_books(self):
        self._switch_dunning_on()
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(invoice)
        text, changes = self._told(self.contract)
        self.assertIn("Não há mais nada em atraso", text)
        self.assertEqual(changes["access_status"], ("Bloqueio automático", "Ativo"))

    def test_a_person_speaks_for_himself(self):
        clerk = self._operator()
        clerk.lang = "en_US"
        contract = self.contract.with_user(clerk).with_context(lang="en_US")
        contract.action_block()
        _text, changes = self._told(self.contract)
        self.assertEqual(changes["access_status"], ("Active", "Blocked manually"))

    def test_where_the_company_has_no_language(self):
        self.env.company.partner_id.lang = False
        company = self.env.company
        managers = self.env.ref("saber_plus_sva.group_sva_manager").all_user_ids
        managers.filtered("active").lang = "pt_BR"
        self.assertEqual(company._unattended_lang(), "pt_BR")
