# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Other programs are told of each change that has settled: once, signed, in order."""

import re
from contextlib import nullcontext, suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open, html2plaintext, mute_logger

from .. import limits, vault
from ..client.webhook import Receiver
from ..models import sva_webhook_delivery
from ..models.sva_webhook import FAILING, TOLERATED
from .common import CPFS, PACKAGE, SvaCase
from .receiver import Listener, listening

WEBHOOK = "odoo.addons.saber_plus_sva.models.sva_webhook"


@tagged("post_install", "-at_install")
class TestWebhook(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.manager.lang = "en_US"
        self.listener = Listener()
        url = self.enterContext(listening(self.listener))
        self.webhook = (
            self.env["sva.webhook"]
            .with_user(self.manager)
            .create({"name": "CRM", "url": url})
        )
        self.listener.secret = self.webhook.action_new_secret()["secret"]
        self.webhook = self.webhook.sudo()
        self.contract = self.contract.with_env(self.env)
        self.posts = self.env["sva.webhook.delivery"]

    def _deliver(self):
        """What the scheduled action does, once everybody's time has come."""
        self._end_of_request()
        self.env["ir.cron"]._commit_progress()
        self.posts.search([]).next_date = False
        self.webhook.exists().paused_until = False
        self.env["sva.webhook"]._cron_deliver()
        self.env.invalidate_all()

    def _work(self):
        self._run_engine()
        self._end_of_request()
        self._deliver()

    def _told(self):
        """What the receiver has taken since the last time."""
        told = [
            (post["type"], post["data"]["id"], post["data"].get("state"))
            for post in self.listener.taken
        ]
        self.assertTrue(all(post["is_signed"] for post in self.listener.taken))
        self.listener.taken.clear()
        return told

    # what is told

    def test_one_post_for_each_change_that_has_settled(self):
        user = self._sva_user()
        self._end_of_request()
        self.assertFalse(self.posts.search([]), "it has not settled")
        self._work()
        self.assertEqual(self._told(), [("sva_user.settled", user.id, "active")])
        for action, state in (
            (self.contract.action_block, "blocked"),
            (self.contract.action_release, "active"),
        ):
            action()
            self._work()
            self.assertEqual(self._told(), [("sva_user.settled", user.id, state)])
        user.phone = "+5511900000000"
        self._work()
        self.assertEqual(len(self._told()), 1)
        user.password = "segredo1"
        self._work()
        self.assertEqual(len(self._told()), 1)

    def test_no_post_where_nothing_has_changed(self):
        user = self._sva_user()
        self._work()
        self._told()
        user.action_sync()
        self.integration.action_reconcile()
        user.write({"phone": user.phone})
        self.contract.action_block()
        self.contract.action_release()
        self._work()
        self.assertEqual(user.sync_state, "synced")
        self.assertEqual(self._told(), [])

    def test_a_user_whom_the_platform_does_not_have(self):
        self.contract.action_block()
        user = self._sva_user()
        self._work()
        self.assertEqual(self._told(), [("sva_user.settled", user.id, "blocked")])
        user_id = user.id
        user.unlink()
        self._work()
        self.assertEqual(self._told(), [("sva_user.deleted", user_id, "deleted")])

    def test_what_is_refused_is_told_once(self):
        user = self._sva_user()
        self.sandbox.add_user(
            cpf=user.cpf_cnpj,
            name="Outra",
            phone="+5511900000001",
            package_code=PACKAGE,
        )
        self._work()
        [post] = self.listener.taken
        self.assertEqual(post["data"]["code"], "cpf_on_platform")
        self.assertEqual(self._told(), [("sva_user.failed", user.id, "active")])
        with suppress(UserError):
            user.action_sync()
        self._work()
        self.assertEqual(self._told(), [])

    def test_deletion_is_told_when_the_platform_has_followed(self):
        user = self._sva_user()
        self._work()
        self._told()
        user_id = user.id
        user.unlink()
        self._end_of_request()
        self._deliver()
        self.assertEqual(self._told(), [])
        self._work()
        self.assertEqual(self._told(), [("sva_user.deleted", user_id, "deleted")])

    def test_no_persons_data(self):
        user = self._sva_user()
        self._work()
        [post] = self.listener.taken
        self.assertEqual(
            post["data"],
            {
                "id": user.id,
                "company_id": user.company_id.id,
                "integration_id": self.integration.id,
                "contract_id": self.contract.id,
                "state": "active",
                "platform_state": "active",
                "sync_state": "synced",
                "code": None,
            },
        )
        self.assertRegex(post["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertNotIn(self.listener.secret, str(post))
        self.assertNotIn("Authorization", post["headers"])

    def test_only_what_was_asked_for(self):
        self.webhook.on_settled = False
        user = self._sva_user()
        self._work()
        self.assertEqual(self._told(), [])
        user_id = user.id
        user.unlink()
        self._work()
        self.assertEqual(self._told(), [("sva_user.deleted", user_id, "deleted")])
        self.webhook.active = False
        self._sva_user()
        self._work()
        self.assertEqual(self._told(), [])

    def test_of_its_company_only(self):
        other = self.env["res.company"].create({"name": "Filial"})
        self.webhook.copy({"company_id": other.id, "url": self.webhook.url})
        self.env["sva.webhook"].search(
            [("company_id", "=", other.id)]
        ).action_new_secret()
        self._sva_user()
        self._work()
        self.assertEqual(self.posts.search([]).webhook_id, self.webhook)

    def test_what_is_undone_is_not_told(self):
        user = self._sva_user()
        self._work()
        self._told()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            user.platform_state = "absent"
            user.unlink()
            self.env.flush_all()
            self.env.cr.precommit.run()
            raise ZeroDivisionError
        self._work()
        self.assertEqual(self._told(), [])

    # how it is told

    def test_a_receiver_that_is_down_gets_each(self):
        user = self._sva_user()
        self.listener.status = 503
        with mute_logger(WEBHOOK):
            self._work()
            self.contract.action_block()
            self._work()
        self.assertEqual(self._told(), [])
        post = self.posts.search([], order="id", limit=1)
        self.assertEqual((post.attempts, post.http_status), (2, 503))
        self.assertIn("503", self.webhook.error)
        self.assertEqual(self.webhook.failure_count, 2)
        self.listener.status = 200
        self._deliver()
        self._deliver()
        self.assertEqual(
            self._told(),
            [
                ("sva_user.settled", user.id, "active"),
                ("sva_user.settled", user.id, "blocked"),
            ],
        )
        ids = {post["id"] for post in self.listener.refused}
        self.assertEqual(ids, {post.key}, "the same at each attempt, one at a time")
        self.assertFalse(self.webhook.error)
        self.assertEqual(self.webhook.failure_count, 0)

    def test_attempts_are_further_and_further_apart(self):
        self._sva_user()
        self.listener.status = 500
        waits = []
        with mute_logger(WEBHOOK):
            for _attempt in range(4):
                self._work()
                wait = self.webhook.paused_until - fields.Datetime.now()
                waits.append(wait.total_seconds())
        for attempt, wait in enumerate(waits):
            most = 15 * 2**attempt
            self.assertTrue(most / 2 - 1 <= wait <= most, waits)
        refused = len(self.listener.refused)
        self.env["sva.webhook"]._cron_deliver()
        self.assertEqual(len(self.listener.refused), refused, "it is paused")

    def test_the_receiver_says_when(self):
        self._sva_user()
        self.listener.status, self.listener.headers = 429, {"Retry-After": "7200"}
        with mute_logger(WEBHOOK):
            self._work()
        later = fields.Datetime.now() + timedelta(hours=1)
        self.assertGreater(self.webhook.paused_until, later)

    def test_one_post_that_is_not_taken_does_not_stop_the_others(self):
        wrong = self._sva_user()
        right = self._sva_user(self._contract(self._customer("Bia", CPFS[1])))
        self.listener.status = lambda post: (
            400 if post["data"]["id"] == wrong.id else 200
        )
        with mute_logger(WEBHOOK):
            self._work()
        self.assertEqual([told[1] for told in self._told()], [right.id])
        self.assertFalse(self.webhook.failure_count)
        left = self.posts.search([("state", "=", "pending")])
        self.assertEqual(left.user_ref, wrong.id)
        # what comes after it has to wait for it
        self.contract.action_block()
        self._run_engine()
        self.posts.search([]).next_date = fields.Datetime.now() + timedelta(hours=1)
        self.env["sva.webhook"]._cron_deliver()
        self.assertEqual(self._told(), [])

    def test_given_up_after_days_and_posted_again_by_hand(self):
        user = self._sva_user()
        self.listener.status = 410
        with (
            patch.object(sva_webhook_delivery, "GIVEN_UP_AFTER", -timedelta(days=1)),
            mute_logger(WEBHOOK),
        ):
            self._work()
        post = self.posts.search([])
        self.assertEqual(post.state, "failed")
        self.assertEqual(self.webhook.failed_count, 1)
        self.assertEqual(len(self.webhook.activity_search([FAILING])), 1)
        self.listener.status = 200
        self._deliver()
        self.assertEqual(self._told(), [])
        with self.assertRaises(AccessError):
            post.with_user(self._operator()).action_retry()
        post.with_user(self.manager).action_retry()
        self._deliver()
        self.assertEqual(self._told(), [("sva_user.settled", user.id, "active")])
        self.webhook._end_pause()
        self.assertFalse(self.webhook.activity_search([FAILING]))

    def test_nothing_is_given_up_while_the_receiver_is_away(self):
        self._sva_user()
        self.listener.status = 503
        long_ago = patch.object(
            sva_webhook_delivery, "GIVEN_UP_AFTER", -timedelta(days=1)
        )
        with long_ago, mute_logger(WEBHOOK):
            self._work()
            post = self.posts.search([])
            self.assertEqual(post.state, "pending")
            # unless others are taken
            self.listener.status = lambda told: 503 if told["id"] == post.key else 200
            self.webhook.action_send_test()
            self._deliver()
            self._deliver()
            self._deliver()
        self.assertEqual(post.state, "failed")

    def test_refusals_add_up_over_quiet_days(self):
        self.webhook.action_send_test()
        self._deliver()
        self.posts.search([]).delivered_on -= timedelta(days=3)
        self._sva_user()
        self.listener.status = 503
        with mute_logger(WEBHOOK):
            self._work()
            post = self.posts.search([("state", "=", "pending")])
            post.refused_since = fields.Datetime.now() - timedelta(days=8)
            self._deliver()
        self.assertEqual(post.state, "failed")

    def test_what_has_waited_is_not_given_up_when_it_is_refused_first(self):
        self._sva_user()
        self._run_engine()
        self._end_of_request()
        week = timedelta(days=8)
        self.env.cr.execute(
            "UPDATE sva_webhook_delivery SET create_date = %s",
            [fields.Datetime.now() - week],
        )
        self.env.invalidate_all()
        post = self.posts.search([])
        self.listener.status = 401
        with mute_logger(WEBHOOK):
            self._deliver()
            self.assertEqual(post.state, "pending")
            post.refused_since -= week
            self._deliver()
            self.assertEqual(post.state, "failed")
            # by hand it has as long once more
            post.action_retry()
            self._deliver()
        self.assertEqual((post.state, post.attempts), ("pending", 1))

    def test_redirects_are_not_followed(self):
        self._sva_user()
        elsewhere = Listener()
        with listening(elsewhere) as url:
            self.listener.status = 307
            self.listener.headers = {"Location": url}
            with mute_logger(WEBHOOK):
                self._work()
        self.assertFalse(elsewhere.taken + elsewhere.refused)
        self.assertIn("307", self.webhook.error)

    def test_no_answer_at_all(self):
        with listening(Listener()) as url:
            pass
        self.webhook.url = url
        self._sva_user()
        with mute_logger(WEBHOOK):
            self._work()
        self.assertIn("cannot be reached", self.webhook.error)
        self.assertFalse(self.webhook.http_status)

    def test_somebody_is_told_until_it_is_over(self):
        self._sva_user()
        self.listener.status = 503
        with mute_logger(WEBHOOK):
            for attempt in range(TOLERATED + 1):
                activities = self.webhook.activity_search([FAILING])
                self.assertEqual(len(activities), int(attempt >= TOLERATED))
                self._work()
        self.assertEqual(activities.user_id, self.manager)
        self.assertIn("503", html2plaintext(activities.note))
        self.assertIn("Waiting: 1", html2plaintext(activities.note))
        self.listener.status = 200
        self._deliver()
        self.assertFalse(self.webhook.activity_search([FAILING]))

    def test_two_processes_do_not_post_the_same(self):
        self._sva_user()
        self._run_engine()
        with patch.object(limits, "slots", lambda *_args: nullcontext(0)):
            self._deliver()
        self.assertEqual(self._told(), [])
        self._deliver()
        self.assertEqual(len(self._told()), 1)

    def test_no_transaction_is_open_while_it_is_posted(self):
        self._sva_user()
        self._run_engine()
        cursor = type(self.env.cr)
        commit, send = cursor.commit, Receiver._send
        queries, asked = [], []

        def end(cr):
            commit(cr)
            queries[:] = [self.env.cr.sql_log_count]

        def call(receiver, request):
            queries.append(self.env.cr.sql_log_count)
            asked.append(len(set(queries)))
            return send(receiver, request)

        with (
            patch.object(cursor, "commit", end),
            patch.object(Receiver, "_send", call),
        ):
            self._deliver()
        self.assertEqual(asked, [1])

    # who may, and what is kept

    def test_the_secret_is_shown_once(self):
        shown = self.webhook.with_user(self.manager).button_new_secret()
        secret = shown["params"]["message"]
        self.assertRegex(secret, r"^whsec_[A-Za-z0-9+/]{43}=$")
        self.assertEqual(vault.unseal(self.webhook.secret_sealed), secret)
        mine = self.webhook.with_user(self.manager)
        self.assertTrue(mine.has_secret)
        self.assertNotIn(secret, str(mine.read()))
        self.assertNotIn(self.webhook.secret_sealed, str(mine.read()))
        with self.assertRaises(AccessError):
            mine.read(["secret_sealed"])
        for note in self.webhook.message_ids.mapped("body"):
            self.assertNotIn(secret, note)

    def test_nothing_is_posted_without_a_secret(self):
        webhook = self.webhook.with_user(self.manager).create(
            {"name": "ERP", "url": self.webhook.url}
        )
        with self.assertRaisesRegex(UserError, "Make the secret first"):
            webhook.action_send_test()
        self._sva_user()
        self._work()
        self.assertEqual(len(self._told()), 1)

    def test_a_test(self):
        self.webhook.with_user(self.manager).action_send_test()
        self._deliver()
        self.assertEqual(self._told(), [("sva_user.test", 0, None)])

    def test_addresses(self):
        mine = self.webhook.with_user(self.manager)
        for url, words in (
            ("http://example.com/hook", "https://"),
            ("ftp://example.com", "not a web address"),
            ("https://me:secret@example.com", "user name or a password"),
            ("https://example.com/?key=1", "before any"),
            ("https://example.com/../hook", "not a web address"),
            ("http://10.0.0.1/hook", "https://"),
        ):
            with self.subTest(url), self.assertRefused(UserError, words):
                mine.url = url
        mine.url = " https://Example.com/hook/ "
        self.assertEqual(mine.url, "https://example.com/hook/")

    def test_rights(self):
        desk = self._operator()
        with self.assertRaises(AccessError):
            self.webhook.with_user(desk).read(["name"])
        api = self._operator("test_api", "group_sva_api")
        with self.assertRaises(AccessError):
            self.webhook.with_user(api).action_new_secret()
        mine = self.webhook.with_user(self.manager)
        for name in ("secret_sealed", "home", "failure_count", "paused_until"):
            with (
                self.subTest(name),
                self.assertRefused((UserError, AccessError), ""),
            ):
                mine.write({name: False if name == "home" else "1"})
        self._sva_user()
        self._work()
        post = self.posts.search([]).with_user(self.manager)
        self.assertIn("state: active", post.content_text)
        self.assertNotIn("content", post.read()[0], "XML-RPC carries no null")
        with self.assertRaises(AccessError):
            post.write({"state": "pending"})
        other = self.env["res.company"].create({"name": "Filial"})
        stranger = self._operator("test_other", "group_sva_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for record in (self.webhook, self.posts.search([])):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read([])

    def test_the_form(self):
        with Form(self.env["sva.webhook"].with_user(self.manager)) as form:
            form.name = "ERP"
            form.url = "https://erp.example.com/sva"
        webhook = form.save()
        self.assertEqual(webhook.user_id, self.manager)
        self.assertFalse(webhook.has_secret)

    def test_a_copy_of_the_database_posts_nothing(self):
        self._sva_user()
        self._run_engine()
        self.env["ir.config_parameter"].set_param("database.uuid", "a-copy")
        self._deliver()
        self.assertFalse(self.listener.taken + self.listener.refused)
        self.assertIn("another database", self.webhook.error)
        self.assertTrue(self.webhook.is_elsewhere)
        self.webhook.with_user(self.manager).action_confirm_database()
        self._deliver()
        self.assertEqual(len(self._told()), 1)

    def test_neutralized(self):
        with file_open("saber_plus_sva/data/neutralize.sql") as file:
            self.env.flush_all()
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.webhook.secret_sealed or self.webhook.url)

    def test_a_lost_key(self):
        self._sva_user()
        self._run_engine()
        self.webhook.secret_sealed = "unreadable"
        self._deliver()
        self.assertIn("Make a new one", self.webhook.error)
        self.listener.secret = self.webhook.action_new_secret()["secret"]
        self._deliver()
        self.assertEqual(len(self._told()), 1)

    def test_what_was_taken_is_not_kept_for_ever(self):
        self._sva_user()
        self._work()
        self.posts._gc_old_posts()
        post = self.posts.search([])
        self.assertTrue(post)
        for days, left in ((29, True), (31, False)):
            self.env.cr.execute(
                "UPDATE sva_webhook_delivery SET write_date = %s",
                [fields.Datetime.now() - timedelta(days=days)],
            )
            self.env.invalidate_all()
            self.posts._gc_old_posts()
            self.assertEqual(bool(post.exists()), left)

    # what monitoring is told

    def test_health(self):
        self._sva_user()
        self.listener.status = 503
        with mute_logger(WEBHOOK):
            self._work()
        health = self.env["sva.health"]
        [part] = [
            part
            for part in health._report()["webhooks"]
            if part["webhook"] == self.webhook.id
        ]
        self.assertEqual((part["pending"], part["problems"]), (1, []))
        self.env.cr.execute(
            "UPDATE sva_webhook_delivery SET create_date = %s",
            [fields.Datetime.now() - timedelta(hours=2)],
        )
        self.env.invalidate_all()
        report = health._report()
        [part] = report["webhooks"]
        self.assertEqual(part["problems"], ["webhook_late"])
        self.assertEqual(report["status"], "failing")
        metrics = health._metrics(report)
        self.assertTrue(
            re.search(
                r'^saber_plus_sva_webhook_pending\{webhook="\d+",company="\d+"\} 1$',
                metrics,
                re.M,
            )
        )
        settings = self.env["res.config.settings"].create({})
        self.assertIn("CRM: another program has not taken", settings.sva_health)

    def test_queries_do_not_grow_with_the_users(self):
        users = self.env["sva.user"]
        for number in range(1, 4):
            customer = self._customer(f"Cliente {number}", CPFS[number])
            users += self._sva_user(self._contract(customer))
        self._run_engine()
        counts = []
        for some in (users[:1], users):
            self.env.flush_all()
            self.env.cr.precommit.run()
            for row in some:
                row.announced = False
            self.env.flush_all()
            self.env.invalidate_all()
            some._watch_settled()
            before = self.env.cr.sql_log_count
            self.env.cr.precommit.run()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)
