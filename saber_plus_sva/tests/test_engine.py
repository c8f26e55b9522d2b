# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The engine against the sandbox."""

import random
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..client.errors import LOCAL_CODES
from ..exceptions import PlatformAway
from ..models import sva_engine, sva_user
from ..models.sva_failure_mixin import EXPLANATIONS
from .common import CPFS, PACKAGE, TOKEN, SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestEngine(SvaCase):
    def test_a_new_user_goes_live(self):
        user = self._sva_user()
        self.assertEqual(
            (user.state, user.sync_state, user.platform_state),
            ("active", "pending", "absent"),
        )
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertTrue(user.last_sync_date)
        self.assertFalse(user.lease_until)

    def test_saving_wakes_the_engine_once(self):
        self._sva_user()
        other = self._contract(self._customer("José", CPFS[1]))
        self._sva_user(other)
        before = self._triggers()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(len(self._triggers() - before), 1)

    def test_two_changes_are_one_call(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.forget()
        user.phone = "11 91234-5678"
        user.phone = "11 91234-0000"
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), ["updateUser"])
        self.assertEqual(self._on_platform(user)["phone"], "+5511912340000")

    def test_nothing_to_do_makes_no_call(self):
        self._sva_user()
        self._run_engine()
        self.sandbox.forget()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])

    def test_a_user_that_must_not_be_active_is_not_created(self):
        self.contract.contract_status = "pre_contract"
        user = self._sva_user()
        self.assertEqual((user.state, user.sync_state), ("blocked", "synced"))
        self._run_engine()
        self.assertFalse(self._on_platform(user))

    def test_an_error_of_the_platform_is_tried_again(self):
        self.sandbox.fault("createUser", "status", status=503)
        user = self._sva_user()
        self._run_engine()
        self.assertEqual((user.sync_state, user.sync_attempts), ("pending", 1))
        self.assertEqual(self.integration.connection_state, "connected")
        user.next_sync_date = False
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertEqual(user.sync_attempts, 0)

    def test_what_is_refused_waits_for_a_person(self):
        self.sandbox.remove_package(PACKAGE)
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        self.assertIn("pacote", user.sync_error.lower())
        self.sandbox.forget()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])
        self.sandbox.set_package(PACKAGE, name="Saber+ Livros Digitais")
        user.action_sync()
        self.assertInStep(user, "active")

    def test_a_change_is_worth_a_new_attempt(self):
        self.sandbox.remove_package(PACKAGE)
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        user.phone = "11 91234-5678"
        self.assertEqual(user.sync_state, "pending")

    def test_a_refused_token_stops_the_integration_only(self):
        self.integration.token = "wrong"
        user = self._sva_user()
        self._run_engine()
        self.assertEqual((user.sync_state, user.sync_attempts), ("pending", 0))
        self.assertIn("token", user.sync_error)
        self.assertEqual(self.integration.connection_state, "unauthorized")
        self.assertEqual(len(self.integration.activity_ids), 1)
        self.sandbox.forget()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])
        self.integration.token = TOKEN
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertEqual(self.integration.connection_state, "connected")
        self.assertFalse(self.integration.activity_ids)

    def test_a_token_replaced_meanwhile_is_not_blamed(self):
        self.integration.token = "wrong"
        user = self._sva_user()
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        settle = type(engine)._settle

        def replace_and_settle(*arguments):
            self.integration.token = TOKEN
            return settle(*arguments)

        with patch.object(type(engine), "_settle", replace_and_settle):
            engine._converge(self.integration, claim, 1)
        self.assertEqual(self.integration.connection_state, "unknown")
        self._run_engine()
        self.assertInStep(user, "active")

    def test_a_refusal_counts_though_the_vacuum_runs_meanwhile(self):
        self.sandbox.fault("*", "expired_token", times=None)
        self._sva_user()
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        self.integration._encrypt_by_the_newest_key()
        engine._converge(self.integration, claim, 1)
        self.assertEqual(self.integration.connection_state, "unauthorized")

    def test_a_platform_that_is_away_is_probed_first(self):
        self.sandbox.fault("*", "status", status=503, times=None)
        users = self._sva_user()
        users += self._sva_user(self._contract(self._customer("José", CPFS[1])))
        self._run_engine()
        self.assertEqual(self.integration.connection_state, "unreachable")
        self.assertTrue(self.integration.paused_until)
        self.assertEqual(len(self.integration.activity_ids), 1)
        self.sandbox.forget()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])
        past = fields.Datetime.now() - timedelta(seconds=1)
        self.integration.paused_until = past
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), ["getAccount"])
        self.assertEqual(len(self.integration.activity_ids), 1)
        self.sandbox.mend()
        self.integration.paused_until = past
        users.next_sync_date = False
        self._run_engine()
        for user in users:
            self.assertInStep(user, "active")
        self.assertFalse(self.integration.activity_ids)

    def test_a_rate_limit_pauses_and_is_no_incident(self):
        self.sandbox.fault("createUser", "rate_limited", retry_after=120)
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "pending")
        wait = self.integration.paused_until - fields.Datetime.now()
        self.assertGreater(wait, timedelta(seconds=100))
        self.assertEqual(self.integration.connection_state, "connected")
        self.assertFalse(self.integration.activity_ids)

    def test_a_late_result_does_not_overwrite_a_newer_claim(self):
        user = self._sva_user()
        engine = self.env["sva.engine"]
        late = engine._claim(self.integration)
        user.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        newer = engine._claim(self.integration)
        engine._converge(self.integration, late, 1)
        self.assertEqual(user.lease_token, newer.token)
        self.assertEqual(user.platform_state, "unknown")
        engine._converge(self.integration, newer, 1)
        self.assertInStep(user, "active")

    def test_an_id_that_the_platform_has_given_anew(self):
        former = self._sva_user()
        self._run_engine()
        self.sandbox.fault("createUser", "lost_answer")
        user = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        self._run_engine()
        own = former.platform_user_id
        former.platform_user_id = self._on_platform(user)["id"]
        user.next_sync_date = False
        with (
            self.assertLogs("odoo.sql_db", "ERROR"),
            self.assertLogs("odoo.addons.saber_plus_sva.models.sva_engine", "ERROR"),
        ):
            self._run_engine()
        user.next_sync_date = False
        self._run_engine()
        self.assertInStep(former, "active")
        self.assertInStep(user, "active")
        self.assertEqual(former.platform_user_id, own)
        self.assertEqual(user.platform_user_id, self._on_platform(user)["id"])

    def test_a_user_deleted_on_the_platform_comes_back(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.delete_user(user.platform_user_id)
        user.phone = "11 91234-5678"
        self._run_engine()
        self.assertInStep(user, "active")

    def test_sync_now_mends_what_changed_on_the_platform(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.put_user(user.platform_user_id, status="blocked")
        self.assertTrue(user.action_sync())
        self.assertInStep(user, "active")

    def test_the_button_says_that_it_went_well(self):
        user = self._sva_user()
        action = user.action_sync_now()
        self.assertEqual(action["params"]["type"], "success")
        self.assertInStep(user, "active")
        self.sandbox.fault("*", "status", status=500, times=None)
        with self.assertRaisesRegex(PlatformAway, "Nothing is lost"):
            user.action_sync_now()

    def test_sync_now_says_what_is_wrong(self):
        self.sandbox.fault("*", "status", status=500, times=None)
        user = self._sva_user()
        # nothing is the matter with the user: the platform is told of, not the person
        with self.assertRaisesRegex(
            PlatformAway, r"^Saber\+: .*Nothing is lost"
        ) as away:
            user.action_sync()
        self.assertNotIn("Maria", str(away.exception))
        self.sandbox.mend()
        self.assertTrue(user.action_sync())
        self.assertInStep(user, "active")

    def test_sync_now_while_somebody_else_asks_for_the_same(self):
        user = self._sva_user()
        engine = type(self.env["sva.engine"])
        converge = engine._converge_these

        def and_somebody_else(this, integration, users, deadline):
            converge(this, integration, users, deadline)
            users._look_again()

        with patch.object(engine, "_converge_these", and_somebody_else):
            self.assertTrue(user.action_sync())
            self.assertEqual(user.action_sync_now()["params"]["type"], "info")
        self._run_engine()
        self.assertInStep(user, "active")

    def test_sync_now_with_an_archived_integration(self):
        user = self._sva_user()
        self.integration.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            user.action_sync()

    def test_sync_now_with_a_wrong_token(self):
        self.integration.token = "wrong"
        user = self._sva_user()
        with self.assertRaisesRegex(UserError, "token"):
            user.action_sync()
        with self.assertRaisesRegex(UserError, "token"):
            user.action_sync()

    def test_many_rows_take_a_constant_number_of_queries_a_batch(self):
        def queries(count, first):
            self._sva_users(cpfs(count, first))
            self.env["ir.cron"]._commit_progress()
            return self._queries(self.env["sva.engine"]._cron_sync_users)

        queries(2, 0)
        few = queries(5, 10)
        many = queries(25, 100)
        # … but for the one that writes down a call before it is made
        self.assertLessEqual(many, few + 10 + 20)

    def test_calls_are_kept_without_personal_data(self):
        user = self._sva_user(password="segredo1")
        self._run_engine()
        call = self.env["sva.api.call"].search([("sva_user_id", "=", user.id)])
        self.assertEqual(
            (call.operation, call.http_status, call.outcome, call.attempt),
            ("createUser", 201, "ok", 1),
        )
        whole = repr(call.read())
        for secret in (CPFS[0], "98765", "segredo1", TOKEN):
            self.assertNotIn(secret, whole)

    def test_a_wrong_key_asks_for_the_password_again(self):
        user = self._sva_user(password="segredo1")
        user.password_sealed = "gAAAAAB-not-by-our-key"
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        self.assertIn("again", user.sync_error)
        user.password = "segredo2"
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertTrue(self.sandbox.has_password(user.platform_user_id, "segredo2"))

    def test_whoever_has_a_wrong_key_is_still_blocked(self):
        user = self._sva_user()
        self._run_engine()
        user.password = "segredo1"
        user.password_sealed = "gAAAAAB-not-by-our-key"
        self._run_engine()
        self.assertEqual(user.error_code, "wrong_key")
        self.contract.action_block("x")
        self._run_engine()
        self.assertEqual(user.platform_state, "blocked")
        [there] = self.sandbox.users().values()
        self.assertEqual(there["status"], "blocked")
        # the password waits for a person still
        self.assertEqual((user.sync_state, user.error_code), ("failed", "wrong_key"))
        self.assertFalse(self.sandbox.has_password(user.platform_user_id, "gAAAAAB"))
        user.password = "segredo2"
        self._run_engine()
        self.assertInStep(user, "blocked")
        self.assertTrue(self.sandbox.has_password(user.platform_user_id, "segredo2"))

    def test_what_is_wanted_meanwhile_is_sent_whatever_the_key(self):
        user = self._sva_user()
        self._run_engine()
        user.password = "segredo1"
        user.password_sealed = "gAAAAAB-not-by-our-key"
        self.contract.action_block("x")
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        self.contract.action_release()
        engine._converge(self.integration, claim, 1)
        self.assertEqual((user.platform_state, user.sync_state), ("blocked", "pending"))
        self._run_engine()
        self.assertEqual(user.platform_state, "active")
        self.assertEqual((user.sync_state, user.error_code), ("failed", "wrong_key"))

    def test_a_deleted_action_stops_nobody(self):
        """Whoever has deleted it runs the engine by other means."""
        self.env.ref("saber_plus_sva.cron_sync_users").unlink()
        user = self._sva_user()
        self._run_engine()
        self.assertInStep(user, "active")

    def test_what_a_crash_left_behind_does_not_make_the_engine_spin(self):
        user = self._sva_user()
        self.env["sva.engine"]._claim(self.integration)
        user.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self.integration.connection_state = "unauthorized"
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        before = self._triggers()
        self._run_engine()
        self.assertFalse(self._triggers() - before)

    def test_an_archived_integration_does_not_make_the_engine_come_back(self):
        self._sva_user()
        self.integration.active = False
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        before = self._triggers()
        self._run_engine()
        self.assertFalse(self._triggers() - before)

    def test_the_engine_comes_back_when_a_lease_is_over(self):
        user = self._sva_user()
        self.env["sva.engine"]._claim(self.integration)
        before = self._triggers()
        self._run_engine()
        self.assertEqual((self._triggers() - before).call_at, user.lease_until)

    def test_a_wrong_address_says_nothing_about_users(self):
        user = self._sva_user()
        other = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        self._run_engine()
        self.integration.base_url = f"{self.sandbox.url}/v2"
        user.action_deactivate()
        other.unlink()
        self._run_engine()
        removal = self.env["sva.user.removal"].search([])
        self.assertEqual((user.sync_state, removal.sync_state), ("pending", "pending"))
        self.assertTrue(user.platform_user_id)
        self.assertTrue(self.integration.connection_error)
        self.integration.base_url = self.sandbox.url
        user.next_sync_date = False
        removal.next_sync_date = False
        self._run_engine()
        self.assertInStep(user, "disabled")
        self.assertEqual(list(self.sandbox.users()), [user.cpf_cnpj])

    def test_what_goes_well_elsewhere_does_not_end_a_rate_limit(self):
        user = self._sva_user()
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        until = fields.Datetime.now() + timedelta(minutes=2)
        self.integration.write({"connection_state": "connected", "paused_until": until})
        engine._converge(self.integration, claim, 1)
        self.assertInStep(user, "active")
        self.assertEqual(self.integration.paused_until, until)

    def test_a_new_password_is_not_condemned_with_an_unreadable_one(self):
        user = self._sva_user()
        user.password_sealed = "gAAAAAB-not-by-our-key"
        engine = self.env["sva.engine"]
        claim = engine._claim(self.integration)
        user.password = "segredo2"
        engine._converge(self.integration, claim, 1)
        self.assertEqual(user.sync_state, "pending")
        self._run_engine()
        self.assertInStep(user, "active")

    def test_each_integration_has_its_turn(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        other = self._integration(company_id=company.id)
        engine = self.env["sva.engine"]
        asked = []

        def some_are_left(_engine, integration):
            asked.append(integration)
            return 50 if len(asked) <= 2 else 0

        mine = self.integration
        with (
            patch.object(type(engine), "_due_integrations", lambda _s: mine + other),
            patch.object(type(engine), "_run_batch", some_are_left),
        ):
            engine._cron_sync_users()
        self.assertEqual({*asked[:2]}, {mine, other})
        self.assertEqual(asked[:2], asked[2:4])

    def test_a_run_that_is_cut_off_begins_with_anybody(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        both = self.integration + self._integration(company_id=company.id)
        engine = self.env["sva.engine"]
        asked = []
        with (
            patch.object(type(engine), "_due_integrations", lambda _engine: both),
            patch.object(type(engine), "_run_batch", lambda _e, row: asked.append(row)),
            patch.object(sva_engine.random, "shuffle", list.reverse),
        ):
            engine._converge_due()
        self.assertEqual(asked, [*reversed(both)])

    def test_what_is_changed_comes_before_what_is_looked_at(self):
        first = self._sva_user()
        second = self._sva_user(self._contract(self._customer("Ana", CPFS[1])))
        self._run_engine()
        first._look_again(later=True)
        second.phone = "11 91234-5678"
        rows = self.env["sva.engine"]._claimable("sva.user", self.integration, 2)
        self.assertEqual([*rows], [second, first])
        self._run_engine()
        self.assertInStep(first, "active")

    def test_what_has_failed_is_not_what_is_wanted_now(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.fault("setUserStatus", "status", status=503)
        self.sandbox.fault("setUserStatus", "status", status=503)
        self.contract.action_block("x")
        self._run_engine()
        self.assertTrue(user.next_sync_date)
        self.contract.action_release()
        self.env.flush_all()
        self.assertFalse(user.next_sync_date)

    def test_what_nobody_foresaw_stops_one_integration_only(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        other = self._integration(company_id=company.id)
        engine = self.env["sva.engine"]
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        mine, done = self.integration, []

        def fail_for_one(_engine, integration):
            if integration == other:
                raise ZeroDivisionError
            done.append(integration)
            return 0

        with (
            patch.object(type(engine), "_due_integrations", lambda _s: other + mine),
            patch.object(type(engine), "_run_batch", fail_for_one),
            self.assertLogs("odoo.addons.saber_plus_sva.models.sva_engine", "ERROR"),
        ):
            engine._cron_sync_users()
        self.assertEqual(done, [mine])

    def test_many_are_synchronised_in_the_background(self):
        users = self._sva_user()
        users += self._sva_user(self._contract(self._customer("José", CPFS[1])))
        self._run_engine()
        self.sandbox.put_user(users[0].platform_user_id, status="blocked")
        self.sandbox.forget()
        self.patch(sva_engine, "AT_ONCE", 1)
        self.patch(sva_user, "AT_ONCE", 1)
        message = users.action_sync_now()["params"]["message"]
        self.assertEqual(
            message, "2 SVA users are being synchronised in the background."
        )
        self.assertFalse(self.sandbox.operations())
        self._run_engine()
        for user in users:
            self.assertInStep(user, "active")
        self.integration.active = False
        with self.assertRaisesRegex(UserError, "is archived"):
            users.action_sync()

    def test_one_row_that_cannot_be_written_does_not_keep_the_others(self):
        customer = self._customer("João Souza", CPFS[1])
        bad, good = self._sva_user(), self._sva_user(self._contract(customer))
        engine = self.env["sva.engine"]
        settlement = type(engine)._settlement

        def too_long(engine, row, *arguments):
            values = settlement(engine, row, *arguments)
            # no index takes it
            return values | (
                {"platform_user_id": random.randbytes(9000).hex()} if row == bad else {}
            )

        with (
            patch.object(type(engine), "_settlement", too_long),
            self.assertLogs("odoo.addons.saber_plus_sva.models.sva_engine", "ERROR"),
            mute_logger("odoo.sql_db"),
        ):
            self._run_engine()
        self.assertInStep(good, "active")
        self.assertEqual((bad.sync_state, bad.sync_attempts), ("pending", 1))
        self.assertFalse(bad.lease_until)
        self.assertGreater(bad.next_sync_date, fields.Datetime.now())
        self.assertIn("could not be understood", bad.sync_error)
        bad.next_sync_date = False
        self._run_engine()
        self.assertInStep(bad, "active")

    def test_one_user_that_a_firewall_refuses_pauses_nothing(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.fault("setUserStatus", "status", status=403, times=None)
        self.contract.action_block()
        other = self._sva_user(self._contract(self._customer("João", CPFS[1])))
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        self.assertIn("accepts the token", user.sync_error)
        self.assertInStep(other, "active")
        self.assertEqual(self.integration.connection_state, "connected")
        self.assertFalse(self.integration.paused_until)

    def test_every_code_of_the_client_is_explained(self):
        self.assertFalse(LOCAL_CODES.keys() - EXPLANATIONS.keys())
        for code in EXPLANATIONS:
            self.assertNotEqual(self.integration._explain(code, ""), code)
