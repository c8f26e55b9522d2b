# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Odoo's own automation webhook, as the page on the external API makes it."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestAutomation(SvaCase):
    def setUp(self):
        super().setUp()
        if "base.automation" not in self.env:
            self.skipTest("needs base_automation")

    def _rule(self):
        fields = self.env["ir.model.fields"]
        sync_state = fields._get("sva.user", "sync_state")
        told = ("state", "platform_state", "sync_state")
        action = {
            "name": "CRM",
            "state": "webhook",
            "model_id": self.env["ir.model"]._get_id("sva.user"),
            "webhook_url": "https://crm.example.com/a-secret",
            "webhook_field_ids": [
                Command.set([fields._get("sva.user", name).id for name in told])
            ],
        }
        return self.env["base.automation"].create(
            {
                "name": "CRM",
                "model_id": action["model_id"],
                "trigger": "on_write",
                "trigger_field_ids": [Command.set(sync_state.ids)],
                "filter_pre_domain": '[("sync_state", "!=", "synced")]',
                "filter_domain": '[("sync_state", "=", "synced")]',
                "action_server_ids": [Command.create(action)],
            }
        )

    def test_one_post_for_each_change_that_has_settled(self):
        rule = self._rule()
        posts = []

        def post(action, eval_context=None):
            record = self.env["sva.user"].browse(action.env.context["active_id"])
            posts.append((record.state, record.platform_state, record.sync_state))

        cls = self.env.registry["ir.actions.server"]
        with patch.object(cls, "_run_action_webhook", post):
            user = self._sva_user()
            self._run_engine()
            self.assertEqual(posts, [("active", "active", "synced")])
            self.contract.action_block()
            self._run_engine()
            self.contract.action_release()
            self._run_engine()
        self.assertEqual(
            posts[1:],
            [("blocked", "blocked", "synced"), ("active", "active", "synced")],
        )
        self.assertInStep(user, "active")
        rule.unlink()
