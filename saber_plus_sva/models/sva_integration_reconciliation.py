# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Comparing an account's users with ours: what the integration shows and starts."""

import time

from odoo import api, fields, models

from odoo.addons.contract_access.exceptions import RefusedError
from odoo.addons.contract_access.remote import on_one_record, on_records

#: seconds that a person waits for the first pages of a reconciliation
FIRST_PAGES = 10.0


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    reconciliation_ids = fields.One2many(
        comodel_name="sva.reconciliation",
        inverse_name="integration_id",
        string="Reconciliations",
        groups="saber_plus_sva.group_sva_manager",
    )
    reconciliation_id = fields.Many2one(
        comodel_name="sva.reconciliation",
        string="Latest Reconciliation",
        compute="_compute_reconciliation_id",
        groups="saber_plus_sva.group_sva_manager",
    )
    divergence_count = fields.Integer(
        compute="_compute_divergence_count",
        groups="saber_plus_sva.group_sva_manager",
    )

    @api.depends("reconciliation_ids")
    def _compute_reconciliation_id(self):
        for integration in self:
            integration.reconciliation_id = integration.reconciliation_ids[:1]

    def _compute_divergence_count(self):
        counts = dict(
            self.env["sva.divergence"]._read_group(
                [("integration_id", "in", self.ids)], ["integration_id"], ["__count"]
            )
        )
        for integration in self:
            integration.divergence_count = counts.get(integration, 0)

    @on_records
    def action_reconcile(self):
        """Read all of the platform's users and compare them with ours.

        What differs is put right. What no SVA user stands for is listed as a
        divergence. A large base is read on in the background, see
        ``reconciliation_id``.

        :return: a dict of ``done`` (false, too, while a manager is asked first), and of
            the numbers of users so far: ``seen``, ``drifted`` (different, and being
            corrected), ``missing``, ``unknown`` here, and ``unread``
        :raises UserError: the platform refuses the token or does not answer
        """
        self.check_access("write")
        # sudo: runs are written by the system only
        runs = self.env["sva.reconciliation"].sudo()
        for integration in self:
            run = runs._start(integration)
            run.next_date = False
            integration._wait_for(run)
            if run.state == "running" and not run.next_date:
                self.env["sva.wakeup"]._reconciliation()
            if run.error:
                reason = run.with_env(self.env).error
                if run.state == "running":
                    raise integration._away(reason, run.next_date)
                raise RefusedError(reason, "platform_refused", integration)
        runs = self.reconciliation_id
        return {
            "done": all(run.state == "done" for run in runs),
            "seen": sum(runs.mapped("seen_count")),
            "drifted": sum(runs.mapped("drift_count")),
            "missing": sum(runs.mapped("missing_count")),
            "unknown": sum(runs.mapped("unknown_count")),
            "unread": sum(runs.mapped("unread_count")),
        }

    def button_reconcile(self):
        """The same for the web client, which shows what came of it."""
        found = self.action_reconcile()
        if not found["done"]:
            return self._notification(
                self.env._("The platform's users are being read in the background.")
            )
        message = self.env._(
            "%(seen)s users read: %(drifted)s were different and are being "
            "corrected, %(missing)s were missing, %(unknown)s are not known here.",
            **found,
        )
        if found["unread"]:
            message += " " + self.env._(
                "%s could not be understood: see the integration's comparisons.",
                found["unread"],
            )
        return self._notification(
            message, found["unknown"] and "saber_plus_sva.sva_divergence_action"
        )

    def _wait_for(self, run):
        """Read the first pages while the person waits."""
        deadline = time.monotonic() + FIRST_PAGES
        self._check_ready()
        while run._advance(FIRST_PAGES) and time.monotonic() < deadline:
            pass

    @on_one_record
    def action_view_divergences(self):
        """Open the platform's users that are not known here."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_divergence_action"
        )
        return {**action, "domain": [("integration_id", "=", self.id)]}
