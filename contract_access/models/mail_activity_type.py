# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The types by which activities that were opened by themselves are known again."""

from odoo import api, models


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.model
    def _occasions(self):
        """The models of those types, by their xml ids; other addons extend it."""
        return {
            "contract_access.activity_credit_note": "account.move",
            "contract_access.activity_dunning": "contract.contract",
            "contract_access.activity_notice": "contract.contract",
            "contract_access.activity_reconcile": "contract.contract",
            "contract_access.activity_renewal": "contract.contract",
        }

    @api.model
    def _get_model_info_by_xmlid(self):
        # without its type an activity would never be closed, and opened ever anew
        return super()._get_model_info_by_xmlid() | {
            xml_id: {"res_model": model, "unlink": False}
            for xml_id, model in self._occasions().items()
        }
