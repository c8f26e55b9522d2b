# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The page of the rules for overdue contracts."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestDunningSettings(ContractCase):
    """The page for managers of contracts, who do not administer the system."""

    PEOPLE = {"manager": ("test_manager", "group_contract_manager")}

    def setUp(self):
        super().setUp()
        self.company = self.env.company
        self.settings = self.env["contract.dunning.settings"].with_user(self.manager)

    def test_it_shows_what_is_in_force(self):
        self._switch_dunning_on(2, 20, 80)
        self.company.write({"contract_trust_days": 7, "contract_release_by": "manager"})
        form = Form(self.settings)
        self.assertTrue(form.contract_dunning)
        self.assertEqual(form.contract_block_after_notice_days, 20)
        self.assertEqual(form.contract_trust_days, 7)
        self.assertEqual(form.contract_release_by, "manager")
        form.contract_dunning = False
        form.save().action_save()
        self.assertFalse(self.company._dunning_rules())
        self.assertEqual(self.company.contract_trust_days, 7)

    def test_only_companies_are_dunned(self):
        self._switch_dunning_on(0, 0, 0)
        self.company.write(
            {
                "contract_business_periods": True,
                "contract_business_notice_after_days": 5,
            }
        )
        form = Form(self.settings)
        self.assertTrue(form.contract_dunning)
        form.contract_dunning = False
        form.save().action_save()
        self.assertFalse(self.company._dunning_rules())

    def test_the_preview_takes_what_was_typed_and_saves_nothing(self):
        self._switch_dunning_on(0, 0, 0)
        self._invoice(self.contract, 200)
        form = Form(self.settings)
        form.contract_dunning = True
        form.contract_block_after_notice_days = 25
        form.contract_trust_days = 9
        settings = form.save()
        action = settings.action_preview()
        self.assertEqual(action["res_id"], settings.id)
        [line] = settings.preview_ids
        today = self.contract._today()
        self.assertEqual(line.contract_id, self.contract)
        self.assertEqual(line.access_status_after, "overdue")
        self.assertEqual(
            (line.notice_on, line.block_on, line.terminate_on),
            (today, today + timedelta(25), today + timedelta(85)),
        )
        form = Form(settings)
        form.contract_block_after_notice_days = 15
        settings = form.save()
        settings.action_preview()
        self.assertEqual(settings.preview_ids.block_on, today + timedelta(15))
        self.assertFalse(self.company._dunning_rules())
        self.assertEqual(self.company.contract_trust_days, 3)
        self.assertStatusPair(self.contract, "active", "active")
        settings.action_save()
        self.assertEqual(self.company.contract_block_after_notice_days, 15)
        self.assertEqual(self.company.contract_trust_days, 9)

    def test_of_another_company(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        self.manager.company_ids += branch
        self._switch_dunning_on(2, 20, 80)
        branch.contract_trust_days = 9
        self.settings.create({"company_id": branch.id}).action_save()
        self.assertFalse(branch._dunning_rules())
        self.assertEqual(branch.contract_trust_days, 9)
        form = Form(self.settings.with_context(default_company_id=branch.id))
        self.assertEqual(form.contract_trust_days, 9)

    def test_shorter_than_the_regulator_allows(self):
        form = Form(self.settings)
        form.contract_dunning = True
        self.assertFalse(form.contract_below_minimum)
        form.contract_block_after_notice_days = 14
        self.assertIn("art. 70", form.contract_below_minimum)
        form.contract_cancel_after_block_days = 30
        self.assertIn("art. 78", form.contract_below_minimum)
        form.save().action_save()
        self.assertEqual(self.company.contract_block_after_notice_days, 14)

    def test_a_block_without_a_notice(self):
        form = Form(self.settings)
        form.contract_dunning = True
        form.contract_notice_after_days = 0
        with self.assertRefused(ValidationError, "rests on the one before"):
            form.save().action_save()

    def test_the_notices_are_near(self):
        self.manager.company_ids = self.env["res.company"].search([])
        form = self.settings.get_view(view_type="form")["arch"]
        self.assertIn("action_edit_notices", form)
        action = self.settings.create({}).action_edit_notices()
        templates = self.settings.env["mail.template"].search(action["domain"])
        self.assertEqual(len(templates), 4)
        for template in templates:
            template.subject = "Fatura em aberto: {{ object.contract_id.name }}"
            template.body_html = template.body_html.replace("Hello", "Dear")
        # more than the notices' own placeholders is for Odoo's editors of templates
        with self.assertRefused(AccessError, ""):
            templates[0].body_html = """<p t-out="user.env['res.users']"/>"""
        other = self.env["mail.template"].search([("model", "=", "account.move")])[:1]
        with self.assertRefused(AccessError, ""):
            other.with_user(self.manager).subject = "X"
        with self.assertRefused(AccessError, ""):
            templates[0].with_user(self._operator()).subject = "X"

    def test_of_the_notices_only_the_texts(self):
        notices = self.env["contract.notice"]
        template = notices._template("contract_access.mail_template_overdue")
        ours = template.with_env(self.settings.env)
        self.manager.company_ids = self.env["res.company"].search([])
        # in most databases everybody at work edits templates
        self.env.ref("base.group_user").implied_ids -= self.env.ref(
            "mail.group_mail_template_editor"
        )
        for vals in (
            {"email_cc": "me@example.com"},
            {"subject": "X", "reply_to": "me@example.com"},
            {
                "report_template_ids": [
                    (4, self.env["ir.actions.report"].search([])[0].id)
                ]
            },
        ):
            with self.assertRefused(AccessError, "subject and the text"):
                ours.write(vals)
        with self.assertRefused(ValidationError, "field_name"):
            ours.update_field_translations([[1]], 1)
        ours.update_field_translations("subject", {"en_US": "Y"})
        self.assertEqual(template.with_context(lang="en_US").subject, "Y")
        # they are everybody's
        branch = self.env["res.company"].create({"name": "Filial"})
        self.contract.copy({"company_id": branch.id, "journal_id": False})
        for change in (
            lambda: ours.write({"subject": "X"}),
            lambda: ours.update_field_translations("subject", {"en_US": "X"}),
        ):
            with self.assertRefused(AccessError, "Other companies"):
                change()
        self.manager.company_ids += branch
        ours.subject = "X"
        template.email_cc = "accounting@example.com"

    def test_who_may(self):
        mine = self.settings.create({})
        clerk = self._operator()
        other = self._operator("test_other", "group_contract_manager")
        branch = self.env["res.company"].create({"name": "Filial"})
        with self.assertRefused(AccessError, ""):
            self.settings.with_user(clerk).create({})
        with self.assertRefused(AccessError, ""):
            mine.with_user(other).action_save()
        with self.assertRefused(AccessError, ""):
            self.settings.create({"company_id": branch.id})
        self._switch_dunning_on()
        self._invoice(self.contract, 20)
        mine.contract_notice_after_days = 1
        mine.action_preview()
        with self.assertRefused(AccessError, ""):
            mine.preview_ids.with_user(other).read(["overdue_days"])
