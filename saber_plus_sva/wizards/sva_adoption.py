# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Taking over the users that a platform has had before this addon."""

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contract_access.remote import on_one_record


class SvaAdoption(models.TransientModel):
    """Reads the platform, shows what would be done, and does it.

    All it shows is in the reconciliation and in its divergences: it can be closed and
    opened again at any time.
    """

    _name = "sva.adoption"
    _description = "SVA Adoption"
    _inherit = "write.guard.mixin"
    _rec_name = "integration_id"

    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="integration_id.company_id")
    reconciliation_id = fields.Many2one(related="integration_id.reconciliation_id")
    state = fields.Selection(related="reconciliation_id.state")
    seen_count = fields.Integer(related="reconciliation_id.seen_count")
    end_date = fields.Datetime(related="reconciliation_id.end_date")
    error = fields.Char(related="reconciliation_id.error")
    ready_count = fields.Integer(compute="_compute_counts", string="Can be adopted")
    choose_count = fields.Integer(compute="_compute_counts", string="To be chosen")
    none_count = fields.Integer(compute="_compute_counts", string="Nothing fits")
    queued_count = fields.Integer(compute="_compute_counts", string="Being adopted")
    problem_count = fields.Integer(
        compute="_compute_counts", string="Could not be adopted"
    )
    divergence_ids = fields.Many2many(
        comodel_name="sva.divergence",
        compute="_compute_divergence_ids",
        inverse="_inverse_divergence_ids",
        string="Users of the platform",
    )
    package_change_count = fields.Integer(compute="_compute_package_changes")
    package_changes = fields.Text(
        compute="_compute_package_changes",
        help="Which packages adopting all that match would change on the platform.",
    )

    @api.depends("integration_id")
    def _compute_counts(self):
        for wizard in self:
            groups = wizard.env["sva.divergence"]._read_group(
                wizard._domain(), ["match", "is_queued"], ["__count", "problem:count"]
            )
            counts = {"a_ready": 0, "b_choose": 0, "c_none": 0}
            wizard.queued_count = wizard.problem_count = 0
            for match, is_queued, count, problems in groups:
                wizard.problem_count += problems
                if is_queued:
                    wizard.queued_count += count
                else:
                    # one that could not be adopted is not tried again before a change
                    counts[match] += count - problems
            wizard.ready_count = counts["a_ready"]
            wizard.choose_count = counts["b_choose"]
            wizard.none_count = counts["c_none"]

    @api.depends("integration_id")
    def _compute_package_changes(self):
        for wizard in self:
            changes = wizard.env["sva.divergence"]._read_group(
                wizard._ready_domain() & Domain("changes_package", "=", True),
                ["package_code", "wanted_package_id"],
                ["__count"],
            )
            wizard.package_change_count = sum(count for *_change, count in changes)
            wizard.package_changes = "\n".join(
                f"{count} × {former or '–'} → {current.code}"
                for former, current, count in changes
            )

    @api.depends("integration_id")
    def _compute_divergence_ids(self):
        for wizard in self:
            wizard.divergence_ids = wizard.env["sva.divergence"].search(
                wizard._domain()
            )

    def _inverse_divergence_ids(self):
        """What was chosen in the list's rows is written there already."""

    @api.model
    def _open_to_write(self):
        # what is chosen in the list's rows
        return super()._open_to_write() | {"divergence_ids"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"integration_id"}

    def _domain(self):
        return Domain("integration_id", "=", self.integration_id.id)

    def _ready_domain(self):
        """What can be adopted, and is not being adopted already."""
        return (
            self._domain()
            & Domain("match", "=", "a_ready")
            & Domain("problem", "=", False)
            & Domain("is_queued", "!=", True)
        )

    @on_one_record
    def action_read(self):
        """Read the platform's users, in this call as far as it goes.

        :return: True
        :raises UserError: the platform refuses the token or does not answer
        """
        self.integration_id.action_reconcile()
        return True

    @on_one_record
    def action_match(self):
        """Look for customers and contracts again.

        :return: True
        """
        divergences = self.divergence_ids
        return divergences.action_match() if divergences else True

    @on_one_record
    def action_adopt(self):
        """Adopt all that match.

        :return: True
        """
        return self._adopt(self._ready_domain())

    @on_one_record
    def action_adopt_unchanged(self):
        """Adopt those that match and keep the package that the platform gives them.

        :return: True
        """
        keeps = self._ready_domain() & Domain("changes_package", "=", False)
        return self._adopt(keeps)

    def _adopt(self, domain):
        divergences = self.env["sva.divergence"].search(domain)
        return divergences.action_adopt() if divergences else True

    @on_one_record
    def action_confirm_adopt(self):
        """Say whose package would change before all that match are adopted."""
        view = self.env.ref("saber_plus_sva.sva_adoption_view_form_confirm")
        return {
            **self._open(),
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adopt the Platform's Users"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "current",
        }


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    @on_one_record
    def action_open_adoption(self):
        """Open the wizard that adopts the users that the platform has already.

        :return: a window action
        """
        return self.env["sva.adoption"].create({"integration_id": self.id})._open()
