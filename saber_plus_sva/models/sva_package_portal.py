# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a customer gets at a package: entered here, shown in the portal and in mails."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: where customers find the platform's programs
LINK_FIELDS = ("web_url", "android_url", "ios_url")


class SvaPackage(models.Model):
    _inherit = "sva.package"

    portal_text = fields.Html(
        string="How to Use It",
        translate=True,
        help="What customers are told in the portal and in the welcome mail.",
    )
    web_url = fields.Char(string="Website", help="Where customers log in.")
    android_url = fields.Char(string="App for Android")
    ios_url = fields.Char(string="App for iPhone")

    @api.constrains(*LINK_FIELDS)
    def _check_links(self):
        for package in self:
            for name in LINK_FIELDS:
                if package[name] and not package[name].startswith("https://"):
                    raise ValidationError(
                        self.env._(
                            "“%s” is no link for customers. It begins with https://.",
                            package[name],
                        )
                    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"portal_text", *LINK_FIELDS}

    def _portal_links(self):
        """The links to the platform's programs, with what is on their buttons."""
        labels = {
            "web_url": self.env._("Open the website"),
            "android_url": self.env._("App for Android"),
            "ios_url": self.env._("App for iPhone"),
        }
        return [(labels[name], self[name]) for name in LINK_FIELDS if self[name]]
