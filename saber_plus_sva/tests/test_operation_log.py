# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the log of the server says, and what it does not."""

import logging
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import CPFS, TOKEN, SvaCase

OURS = "odoo.addons.saber_plus_sva"


@tagged("post_install", "-at_install")
class TestOperationLog(SvaCase):
    def setUp(self):
        super().setUp()
        others = self.env["sva.integration"].search([("id", "!=", self.integration.id)])
        others.active = False

    def _log_of(self, work, level=logging.WARNING):
        with self.assertLogs(OURS, level) as logs:
            logging.getLogger(OURS).error("begin")
            work()
        lines = [record.getMessage() for record in logs.records[1:]]
        for personal in (CPFS[0], "Maria", "98765", TOKEN):
            self.assertNotIn(personal, " ".join(lines))
        return lines

    def assertOneLine(self, lines, words):
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(words, lines[0])
        self.assertIn(f"SVA integration {self.integration.id} (Saber+, ", lines[0])
        self.assertIn(self.env.company.name, lines[0])

    def test_pausing_and_resuming(self):
        self._sva_user()
        self.sandbox.fault("*", "status", status=503, times=None)
        self.assertOneLine(self._log_of(self._run_engine), "no calls are made")
        past = fields.Datetime.now() - timedelta(seconds=1)
        self.integration.paused_until = past
        self.assertEqual(self._log_of(self._run_engine), [])
        self.sandbox.mend()
        self.integration.paused_until = past
        lines = self._log_of(self._run_engine)
        self.assertOneLine(lines, "calls are made again")

    def test_a_manager_pauses_and_resumes(self):
        lines = self._log_of(lambda: self.integration.action_pause("Maria"))
        self.assertOneLine(lines, "paused by a manager")
        lines = self._log_of(self.integration.action_resume)
        self.assertOneLine(lines, "resumed by a manager")

    def test_a_refused_token(self):
        self.integration.token = "wrong"
        self._sva_user()
        self.assertOneLine(self._log_of(self._run_engine), "(invalid_token)")
        self.assertEqual(self._log_of(self._run_engine), [])

    def test_refused_rows_are_one_line(self):
        self._sva_users(CPFS[1:])
        self.sandbox.fault("createUser", "status", status=422, times=None)
        self.assertOneLine(self._log_of(self._run_engine), "4 rows were refused")
        self.assertEqual(self._log_of(self._run_engine), [])

    def test_a_comparison_that_fails(self):
        self._sva_user()
        self._run_engine()
        self.sandbox.fault("listUsers", "status", status=422, times=None)
        compare = self.env["sva.reconciliation"]._cron_reconcile
        self.assertOneLine(self._log_of(compare), "the comparison has failed")

    def test_nothing_is_said_of_nothing(self):
        def whole_day():
            self._run_engine()
            self.env["sva.reconciliation"]._cron_reconcile()
            self.env["sva.reconciliation"]._cron_go_on()
            self.env["sva.integration"]._cron_fetch_packages()
            self.env["sva.integration"]._cron_watch()

        user = self._sva_user()
        lines = self._log_of(whole_day, logging.INFO)
        self.assertInStep(user, "active")
        self.assertIn("1 in sync", " ".join(lines))
        self.assertEqual(self._log_of(whole_day, logging.INFO), [])
