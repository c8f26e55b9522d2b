# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Front desk and customers meet OCA's addons in their own language, too."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools.translate import TranslationModuleReader

from .common import SvaCase

LANGUAGE = "pt_BR"
OCA_ADDONS = ["contract", "contract_line_successor", "contract_termination"]
#: what is the same in both languages: names, examples and some words
SAME = {
    "id",
    "https://…",
    "%(integration)s: %(reason)s. %(after)s",
    "%(user)s: %(error)s",
    "API",
    "(11) 98765-4321",
    "529.982.247-25",
    '<strong class="mr16">Subtotal</strong>',
    "<strong>Total</strong>",
    "CPF",
    "E-mail",
    "SMS",
    "Total",
    "WhatsApp",
    "CPF/CNPJ",
    "Fibra 500 Mb",
    "ID",
    "Internet",
    "SVA",
    "Saber+",
    "Saber+ Kids",
    "Saber+ Livros",
    "Status",
    "Status:",
    "TV",
    "Token",
    "Webhook",
    "Webhooks",
    "https://…/v1",
    "status: %(seen)s → %(wanted)s",
}


@tagged("post_install", "-at_install")
class TestTranslation(SvaCase):
    def _prepare(self):
        language = self.env.ref("base.lang_pt_BR")
        if not language.active:
            self.env["base.language.install"].create(
                {"lang_ids": [(6, 0, language.ids)]}
            ).lang_install()
        return super()._prepare()

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": LANGUAGE})
        self.line = self.contract.with_env(self.env).contract_line_ids[:1]

    def test_every_term_is_translated(self):
        addons = [
            *OCA_ADDONS,
            "contract_access",
            "contract_access_sms",
            "saber_plus_sva",
        ]
        terms = TranslationModuleReader(self.env.cr, modules=addons, lang=LANGUAGE)
        english = {
            f"{name} {xml_id}: {source}"
            for _module, _type, name, xml_id, source, value, _comments in terms
            if value in ("", source) and source not in SAME
        }
        self.assertFalse(english)

    def test_contract_of_a_program_that_names_no_language(self):
        self.env.user.lang = LANGUAGE
        contract = self.contract.with_context(lang=None, tracking_disable=False)
        new = contract.create({"name": "Fibra", "partner_id": contract.partner_id.id})
        self.assertIn("Contrato criado", new.message_ids.body)
        self.assertEqual(new.modification_ids.description, "Início do Contrato")

    def test_message_of_the_web_client(self):
        modules, _language = self.env["ir.http"]._get_translations_for_webclient(
            ["web"], LANGUAGE
        )
        strings = {row["id"]: row["string"] for row in modules["web"]["messages"]}
        self.assertRegex(strings["Missing required fields"], "obrigatórios")

    def test_message_of_code(self):
        self.line.cancel()
        with self.assertRaisesRegex(ValidationError, "não pode ser encerrada"):
            self.line.stop(date(2036, 12, 1))

    def test_name_of_a_window(self):
        contract = self.contract.with_env(self.env)
        self.assertEqual(contract.action_show_invoices()["name"], "Faturas")

    def test_stopped_line(self):
        self.line.stop(date(2036, 12, 1))
        self.assertIn("termina em 01/12/2036", self.contract.message_ids[0].body)

    def test_successor(self):
        self.line.stop(date(2036, 12, 1), post_message=False)
        self.line.plan_successor(date(2036, 12, 2), False, False)
        body = self.contract.message_ids[0].body
        self.assertIn("começa em 02/12/2036", body)
        self.assertNotIn("False", body)
