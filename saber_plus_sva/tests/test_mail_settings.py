# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Managers say which e-mails customers get."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..models.res_company_sva_mail import MAIL_FIELDS
from .common import SvaCase


@tagged("post_install", "-at_install")
class TestMailSettings(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
        self.settings = self.env["sva.mail.settings"].with_user(self.manager)

    def test_a_manager_switches_them(self):
        company = self.env.company
        company.write(dict.fromkeys(MAIL_FIELDS, True))
        company.sva_mail_blocked = False
        form = Form(self.settings)
        self.assertTrue(form.sva_mail_welcome)
        self.assertFalse(form.sva_mail_blocked)
        form.sva_mail_welcome = False
        form.sva_mail_blocked = True
        form.save().action_save()
        self.assertFalse(company.sva_mail_welcome)
        self.assertTrue(company.sva_mail_blocked)
        self.assertTrue(company.sva_mail_cancelled)

    def test_of_another_company(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        self.manager.company_ids += branch
        branch.write(dict.fromkeys(MAIL_FIELDS, False))
        self.settings.create({"company_id": branch.id}).action_save()
        self.assertFalse(branch.sva_mail_welcome)

    def test_nobody_else_does(self):
        with self.assertRefused(AccessError, ""):
            self.settings.with_user(self._operator()).create({})
        other = self.env["res.company"].create({"name": "Outro Provedor"})
        with self.assertRefused(AccessError, ""):
            self.settings.create({"company_id": other.id})

    def test_the_templates(self):
        action = self.settings.create({}).action_edit_sva_mails()
        templates = self.env["mail.template"].with_user(self.manager)
        found = templates.search(action["domain"])
        self.assertEqual(len(found), len(MAIL_FIELDS))
