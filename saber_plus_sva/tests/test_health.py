# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the provider's monitoring is told."""

import re
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from ..client.errors import Unauthorized
from ..controllers import health as controller
from .common import CPFS, PACKAGE, SvaCase, cpfs

ROUTE = "/saber_plus_sva/health"
ENGINE = "saber_plus_sva.cron_sync_users"


@tagged("post_install", "-at_install")
class TestHealth(SvaCase):
    def _finish_the_stage(self):
        self.integration.action_reconcile()
        self.user = self._sva_user()
        self._run_engine()
        self.assertInStep(self.user, "active")

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.user = self.user.with_env(self.env)
        self.env["ir.cron"].search([]).last_success = fields.Datetime.now()
        self._put_on_platform(self.user)

    def _report(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["sva.health"]._report()

    def _account(self):
        self._report()
        return self.env["sva.health"]._accounts(self.integration)[self.integration.id]

    def assertProblems(self, *codes):
        report = self._report()
        parts = report["integrations"] + report["scheduled_actions"]
        found = [code for part in parts for code in part["problems"]]
        self.assertEqual(found, list(codes))
        self.assertEqual(report["status"], "failing" if codes else "ok")

    def test_while_all_is_well(self):
        self.assertProblems()
        account = self._account()
        self.assertEqual(account["connection"], "connected")
        self.assertEqual((account["pending"], account["failed"]), (0, 0))
        self.assertTrue(account["comparison"]["last_done"])

    def test_since_when_a_row_has_been_waiting(self):
        self.assertFalse(self.user.pending_since)
        with freeze_time() as clock:
            begun = fields.Datetime.now()
            self.contract.action_block()
            self.assertEqual(self.user.pending_since, begun)
            clock.tick(600)
            self.user.phone = "+5511900000000"
            self.sandbox.fault("*", "status", status=503, times=None)
            self._run_engine()
            self.assertEqual(self.user.pending_since, begun)
            clock.tick(60 * 51)
            account = self._account()
            self.assertEqual(account["oldest_pending_since"], begun)
            self.assertIn("pending_too_long", account["problems"])
            self.sandbox.mend()
            self._run_engine()
        self.assertInStep(self.user, "blocked")
        self.assertFalse(self.user.pending_since)

    def test_removals_wait_too(self):
        self.user.unlink()
        removal = self.env["sva.user.removal"].search([])
        removal.pending_since -= timedelta(hours=2)
        account = self._account()
        self.assertEqual((account["pending"], account["open_removals"]), (1, 1))
        self.assertProblems("pending_too_long")

    def test_a_pause_is_told_from_its_beginning(self):
        with freeze_time() as clock:
            begun = fields.Datetime.now()
            self.integration._pause("unauthorized", Unauthorized("invalid_token", "No"))
            self.env.flush_all()
            clock.tick(60 * 20)
            self.integration._pause("unauthorized", Unauthorized("invalid_token", "No"))
            self.assertEqual(self.integration.paused_since, begun)
            self.assertProblems()
            clock.tick(60 * 20)
            self.assertProblems("paused_too_long")
            self.integration._observe_connection(None)
            self.assertProblems()
        self.assertFalse(self.integration.paused_since)

    def test_refused_users_beyond_their_limit(self):
        self.sandbox.remove_package(PACKAGE)
        self._sva_users(cpfs(2))
        self._run_engine()
        self.assertEqual(self._account()["failed"], 2)
        self.assertProblems()
        settings = self.env["res.config.settings"].create({})
        settings.sva_health_failed_users = 1
        settings.execute()
        self.assertProblems("too_many_failed")
        settings.sva_health_failed_users = 0
        settings.execute()
        self.assertProblems()

    def test_a_comparison_that_is_too_old(self):
        runs = self.integration.reconciliation_ids
        runs.end_date -= timedelta(hours=51)
        self.assertProblems("comparison_too_old")
        self.env["sva.reconciliation"]._start(self.integration)
        self.assertProblems("comparison_too_old")
        self.assertEqual(self._account()["comparison"]["state"], "running")

    def test_scheduled_actions(self):
        cron = self.env.ref(ENGINE)
        cron.active = False
        self.assertProblems("action_off")
        cron.active = True
        cron.last_success -= timedelta(minutes=59)
        self.assertProblems()
        cron.last_success -= timedelta(minutes=2)
        self.assertProblems("action_late")
        cron.last_success = fields.Datetime.now()
        daily = self.env.ref("contract_access.cron_contract_lifecycle")
        daily.last_success -= timedelta(hours=47)
        self.assertProblems()
        daily.last_success -= timedelta(hours=2)
        self.assertProblems("action_late")
        daily.unlink()
        self.assertProblems("action_off")

    def test_a_run_that_fails_is_no_success(self):
        cron = self.env.ref(ENGINE)
        before = cron.last_success = fields.Datetime.now() - timedelta(minutes=10)
        code = cron.code
        cron.code = "raise ValueError('no')"
        with mute_logger("odoo.addons.base.models.ir_cron"):
            cron.method_direct_trigger()
            self.assertEqual(cron.last_success, before)
            # nor is one that leaves some for later
            cron.code = "env['ir.cron']._commit_progress(remaining=1)"
            cron.method_direct_trigger()
        self.assertEqual(cron.last_success, before)
        cron.code = code
        cron.method_direct_trigger()
        self.assertGreater(cron.last_success, before)

    def test_the_number_of_queries_is_constant(self):
        report = self.env["sva.health"]._report
        few = self._queries(report)
        for number in range(5):
            company = self.env["res.company"].create({"name": f"Filial {number}"})
            self._integration(company_id=company.id)
        self.assertLessEqual(self._queries(report), few + 1)

    def test_the_same_for_people(self):
        settings = self.env["res.config.settings"].create({})
        self.assertIn("Saber+: in good health (0 pending;", settings.sva_health)
        self.contract.action_block()
        self.user.pending_since -= timedelta(hours=2)
        self.env.ref(ENGINE).active = False
        self.env.invalidate_all()
        settings = self.env["res.config.settings"].create({})
        self.assertIn("waiting for too long (1 pending;", settings.sva_health)
        self.assertIn("is switched off", settings.sva_health)
        self.assertIn("waiting for too long", self.integration.health)
        manager = self._operator("test_manager", "group_sva_manager")
        self.assertIn("1 pending", self.integration.with_user(manager).health)

    def test_limits_are_set(self):
        form = Form(self.env["res.config.settings"])
        self.assertEqual(form.sva_health_pending_minutes, 60)
        form.sva_health_pending_minutes = 0
        form.save().execute()
        self.assertEqual(self.env["sva.health"]._threshold("pending_minutes"), 0)
        with self.assertRefused(ValidationError, "cannot be negative"):
            self.env["res.config.settings"].create({"sva_health_paused_minutes": -1})
        for rubbish in ("x", "-1", "²", "1.5", "9" * 30):
            self.env["ir.config_parameter"].set_param(
                "saber_plus_sva.health_pending_minutes", rubbish
            )
            self.assertEqual(self.env["sva.health"]._threshold("pending_minutes"), 60)

    def test_only_an_administrator_makes_a_token(self):
        manager = self._operator("test_manager", "group_sva_manager")
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(
                manager
            ).action_sva_new_health_token()


@tagged("post_install", "-at_install")
class TestHealthRoute(HttpCase):
    def setUp(self):
        super().setUp()
        self.patch(controller, "known", controller.Turnstile(5))
        self.patch(controller, "strangers", controller.Turnstile(3))
        self.env["ir.cron"].search([]).last_success = fields.Datetime.now()
        self.env["sva.integration"].search([]).active = False
        company = self.env["res.company"].create({"name": "Provedor"})
        self.integration = self.env["sva.integration"].create(
            {
                "name": "Saber+",
                "base_url": "https://saber.example.com",
                "token": "tok-of-the-route",
                "company_id": company.id,
            }
        )
        self.removal = self.env["sva.user.removal"].create(
            {
                "integration_id": self.integration.id,
                "name": "Maria",
                "cpf_cnpj": CPFS[0],
            }
        )

    def _ask(self, token=None, **query):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.url_open(f"{ROUTE}?{query.get('query', '')}", headers=headers)

    def _token(self):
        settings = self.env["res.config.settings"].create({})
        return settings.action_sva_new_health_token()["params"]["message"]

    def test_who_may_ask(self):
        self.assertEqual(self._ask("x").status_code, 404, "there is no token yet")
        old = self._token()
        self.assertEqual(self._ask(old).status_code, 200)
        token = self._token()
        self.assertEqual(self._ask(old).status_code, 401)
        refused = self._ask()
        self.assertEqual(refused.status_code, 401)
        self.assertIn("Bearer", refused.headers["WWW-Authenticate"])
        self.assertEqual(self._ask("").status_code, 401)
        # who guesses is slowed down, and does not shut out who knows
        refused = self._ask("guess")
        self.assertEqual(refused.status_code, 429)
        self.assertGreater(int(refused.headers["Retry-After"]), 0)
        answers = [self._ask(token).status_code for _time in range(5)]
        self.assertEqual(answers, [200] * 4 + [429])
        # neither is it in the database in clear
        self.env.cr.execute("SELECT value FROM ir_config_parameter")
        self.assertNotIn(token, str(self.env.cr.fetchall()))

    def test_json(self):
        token = self._token()
        answer = self._ask(token)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["status"], "ok")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.removal.pending_since -= timedelta(hours=2)
        answer = self._ask(token)
        self.assertEqual(answer.status_code, 503)
        [account] = answer.json()["integrations"]
        self.assertEqual(account["problems"], ["pending_too_long"])
        self.assertRegex(account["oldest_pending_since"], r"^\d{4}-.*T.*Z$")
        for secret in (CPFS[0], "Maria", "tok-", token):
            self.assertNotIn(secret, answer.text)

    def test_prometheus(self):
        token = self._token()
        self.removal.pending_since -= timedelta(hours=2)
        answer = self._ask(token, query="format=prometheus")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("version=0.0.4", answer.headers["Content-Type"])
        self.assertIn("saber_plus_sva_healthy 0\n", answer.text)
        labels = f'integration="{self.integration.id}"'
        self.assertRegex(
            answer.text,
            rf"(?m)^saber_plus_sva_pending\{{{labels},[^}}]*\}} 1$",
        )
        [age] = re.findall(
            r"(?m)^saber_plus_sva_oldest_pending_seconds\{.*\} (\S+)$", answer.text
        )
        self.assertAlmostEqual(float(age), 7200, delta=60)
        # each line is a comment, or a name, labels and a number
        line = re.compile(
            r"# (HELP|TYPE) \w+ .+"
            r"|\w+(\{\w+=\"[^\"]*\"(,\w+=\"[^\"]*\")*\})? -?[\d.]+(e[+-]\d+)?"
        )
        for text in answer.text.splitlines():
            self.assertTrue(line.fullmatch(text), text)
