# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What managers of contracts may change of the notices: what they say."""

from odoo import models
from odoo.exceptions import AccessError

from ..remote import check_values, given_text

#: who may edit any template, by Odoo's own rights
EDITORS = ("mail.group_mail_template_editor", "base.group_system")
TEXTS = frozenset({"subject", "body_html"})


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def write(self, vals):
        check_values(self.env, vals)
        self._check_notices(vals.keys())
        return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=""):
        self._check_notices({given_text(self.env, "field_name", field_name)})
        return super().update_field_translations(field_name, translations, source_lang)

    def _check_notices(self, names):
        """Refuse more of the notices than their texts, to whoever edits no templates.

        An address would get what is sent to everybody's customers, a report whatever it
        prints.

        :param names: the fields that are to be changed
        :raises AccessError: it is not for this user
        """
        notices = self.filtered(lambda template: template.model == "contract.notice")
        if not notices or self.env.su or any(map(self.env.user.has_group, EDITORS)):
            return
        if not names <= TEXTS:
            raise AccessError(
                self.env._("Of a notice you may change the subject and the text only.")
            )
        # sudo: whose customers get them, whoever may see that
        [[companies]] = (
            self.env["contract.contract"]
            .sudo()
            ._read_group(
                [("contract_type", "=", "sale")], aggregates=["company_id:recordset"]
            )
        )
        if companies - self.env.user.company_ids:
            raise AccessError(
                self.env._(
                    "Other companies send these notices, too. Only who works in all of "
                    "them may change what they say."
                )
            )
