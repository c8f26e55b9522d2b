# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One of the two sides was restored from a backup."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..client import saber_plus
from ..client.errors import BadAnswer
from ..models.sva_reconciliation_approval import ASKS
from ..parameters import parameter
from .common import PACKAGE, SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestRestored(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def _finish_the_stage(self):
        self.users = self._sva_users(cpfs(6))
        self._run_engine()
        self.assertEqual(set(self.users.mapped("sync_state")), {"synced"})

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.integration = self.integration.with_env(self.env)
        self.users = self.users.with_env(self.env)
        self.patch(saber_plus, "_PAGE_SIZE", 2)
        self._limit(changes=3, share=20)
        self._put_on_platform(self.users)
        self.manager.lang = "en_US"
        self.integration.user_id = self.manager

    def _limit(self, **limits):
        for name, value in limits.items():
            self.env["ir.config_parameter"].set_param(
                parameter("comparison", name), str(value)
            )

    def _restore_our_database(self):
        """What happened since the backup is on the platform only."""
        one, two, three, four, *_others = self.users
        self.sandbox.put_user(one.platform_user_id, status="blocked")
        self.sandbox.put_user(two.platform_user_id, status="blocked")
        self.sandbox.put_user(three.platform_user_id, phone="+5511911111111")
        self.sandbox.delete_user(four.platform_user_id)

    def _compare(self):
        found = self.integration.action_reconcile()
        self._run_engine()
        run = self.integration.reconciliation_id
        self.assertEqual(found["done"], run.state == "done")
        return run

    def _go_on(self):
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.reconciliation"]._cron_go_on()
        self._run_engine()

    def _night(self):
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.reconciliation"]._cron_reconcile()
        self._run_engine()

    def test_it_asks_before_the_first_change(self):
        self._restore_our_database()
        self.sandbox.forget()
        run = self._compare()
        self.assertEqual(run.state, "waiting")
        self.assertEqual({*self.sandbox.operations()}, {"listUsers"})
        changes = {row.partner_id: row.change for row in run.difference_ids}
        self.assertEqual(
            changes,
            {
                self.users[0].partner_id: "status: Blocked → Active",
                self.users[1].partner_id: "status: Blocked → Active",
                self.users[2].partner_id: "phone: +5511911111111 → "
                f"{self.users[2].phone}",
                self.users[3].partner_id: "created again",
            },
        )
        [activity] = self.integration.activity_search([ASKS])
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("would change 4 users", activity.note)
        opened = self.integration.with_user(self.manager).button_reconcile()
        self.assertEqual(opened["res_model"], "sva.reconciliation")
        # and again in the next night, once
        self._go_on()
        self.env["sva.reconciliation"]._cron_reconcile()
        self._run_engine()
        self.assertEqual(len(self.integration.activity_search([ASKS])), 1)
        states = self.integration.reconciliation_ids.mapped("state")
        self.assertEqual(states, ["waiting", "discarded", "discarded"])
        self.assertNotIn("updateUser", self.sandbox.operations())

    def test_a_manager_has_it_put_right(self):
        self._restore_our_database()
        run = self._compare()
        with self.assertRaises(AccessError):
            run.with_user(self._operator()).action_apply()
        before = self.integration.message_ids
        run.with_user(self.manager).action_apply()
        note = self.integration.message_ids - before
        self.assertIn("approved: 4.", html2plaintext(note.body))
        self.assertEqual(note.author_id, self.manager.partner_id)
        self.assertFalse(self.integration.activity_search([ASKS]))
        self._go_on()
        self.assertEqual(run.state, "done")
        self.assertTrue(all(run.difference_ids.mapped("is_applied")))
        for user in self.users:
            self.assertInStep(user, "active")
        with self.assertRefused(UserError, "does not wait"):
            run.with_user(self.manager).action_discard()

    def test_a_manager_leaves_it_and_mends_our_side(self):
        self._restore_our_database()
        run = self._compare()
        run.with_user(self.manager).action_discard()
        self.assertEqual(run.state, "discarded")
        self.assertFalse(self.integration.activity_search([ASKS]))
        self._go_on()
        self.assertEqual(self._on_platform(self.users[0])["status"], "blocked")
        for user in self.users[:2]:
            user.contract_id.action_block()
        self.users[2].phone = "+5511911111111"
        self.users[3].unlink()
        self._run_engine()
        self.assertEqual(self._compare().state, "done")
        self.assertInStep(self.users[0], "blocked")

    def test_few_changes_or_a_small_share_are_usual(self):
        self._restore_our_database()
        self._limit(changes=4)
        self.assertEqual(self._compare().state, "done")
        for user in self.users:
            self.assertInStep(user, "active")
        self._restore_our_database()
        self._limit(changes=0, share=90)
        self.assertEqual(self._compare().state, "done")
        self._restore_our_database()
        self._limit(changes=0, share=0)
        self.assertEqual(self._compare().state, "waiting")

    def test_it_asks_on_request(self):
        self.sandbox.put_user(self.users[0].platform_user_id, status="blocked")
        opened = self.integration.action_reconcile_and_ask()
        run = self.env["sva.reconciliation"].browse(opened["res_id"])
        self.assertEqual(run.state, "waiting")
        run.action_apply()
        self._go_on()
        self.assertEqual(run.state, "done")
        self.sandbox.put_user(self.users[0].platform_user_id, status="blocked")
        self.assertEqual(self._compare().state, "done", "one that does not ask")
        # nothing to ask about
        told = self.integration.action_reconcile_and_ask()
        self.assertIn("6 users read", told["params"]["message"])
        self.assertEqual(self.integration.reconciliation_id.state, "done")

    def test_it_asks_until_somebody_approves(self):
        self.sandbox.put_user(self.users[0].platform_user_id, status="blocked")
        self.integration.action_reconcile_and_ask()
        run = self.integration.reconciliation_id
        for end in ("discarded", "failed", None):
            self._night()
            following = self.integration.reconciliation_id
            self.assertNotEqual(following, run)
            self.assertEqual(following.state, "waiting")
            self.assertEqual(self._on_platform(self.users[0])["status"], "blocked")
            run = following
            if end == "discarded":
                run.with_user(self.manager).action_discard()
            elif end:
                run.state = end
        self.assertEqual(self._compare().state, "waiting")
        self.integration.reconciliation_id.with_user(self.manager).action_apply()
        self._go_on()
        self.assertInStep(self.users[0], "active")

    def test_what_is_left_of_many_is_asked_again(self):
        self._restore_our_database()
        self._compare().with_user(self.manager).action_discard()
        for user in self.users[:2]:
            user.contract_id.action_block()
        self._run_engine()
        self._night()
        run = self.integration.reconciliation_id
        self.assertEqual((run.state, len(run.difference_ids)), ("waiting", 2))

    def test_one_under_way_is_begun_anew(self):
        """What it has read may be of before the restore."""
        self._restore_our_database()
        run = self._compare()
        run.with_user(self.manager).action_apply()
        self.sandbox.forget()
        opened = self.integration.action_reconcile_and_ask()
        asking = self.env["sva.reconciliation"].browse(opened["res_id"])
        self.assertEqual((run.state, asking.state), ("discarded", "waiting"))
        self.assertEqual(asking.difference_ids.mapped("is_applied"), [False] * 4)
        self._go_on()
        self.assertEqual({*self.sandbox.operations()}, {"listUsers"})
        # whoever was at work on it
        run._conclude()
        run._postpone(BadAnswer("unforeseen"))
        self.assertEqual((run.state, run.next_date), ("discarded", False))
        self.assertFalse(any(run.difference_ids.mapped("is_applied")))

    def test_whoever_reads_pages_of_one_that_is_begun_anew_stops(self):
        self._restore_our_database()
        runs = self.env["sva.reconciliation"]
        under_way = runs._start(self.integration)
        take_page = type(runs)._take_page

        def take_page_and_ask(run, page):
            take_page(run, page)
            if run == under_way and run.page_count == 1:
                runs._start_to_ask(self.integration)

        self.patch(type(runs), "_take_page", take_page_and_ask)
        self.assertFalse(under_way._advance(60))
        self.assertEqual((under_way.state, under_way.page_count), ("discarded", 1))
        self._go_on()
        asking = self.integration.reconciliation_id
        self.assertEqual((asking.state, asking.page_count), ("waiting", 3))
        self.assertEqual(len(asking.difference_ids), 4)

    def test_who_was_deleted_and_is_there_again_is_deleted_again(self):
        user = self.users[0]
        cpf, profile = user.cpf_cnpj, self._on_platform(user)
        user.unlink()
        self._run_engine()
        self.assertNotIn(cpf, self.sandbox.users())
        removal = self.env["sva.user.removal"].search([])
        restored = self.sandbox.add_user(
            cpf=cpf,
            name=profile["name"],
            phone=profile["phone"],
            package_code=PACKAGE,
            external_ref=removal.external_ref,
        )
        removal.platform_user_id = restored["id"]
        # a list that was begun before the deletion shows the user, too
        removal.last_sync_date = fields.Datetime.now() + timedelta(minutes=1)
        self.assertEqual(self._compare().drift_count, 0)
        self.assertIn(cpf, self.sandbox.users())
        removal.last_sync_date = fields.Datetime.now() - timedelta(minutes=1)
        run = self._compare()
        self.assertEqual(run.difference_ids.mapped("kind"), ["back"])
        self.assertEqual(run.difference_ids.change, "deleted again")
        self.assertNotIn(cpf, self.sandbox.users())
        # long after, a person decides
        self.sandbox.add_user(
            cpf=cpf, name="Cliente", phone="+5511900000000", package_code=PACKAGE
        )
        removal.unlink()
        self._compare()
        self.assertIn(cpf, self.sandbox.users())
        self.assertEqual(self.env["sva.divergence"].search([]).cpf_cnpj, cpf)

    def test_limits_are_set(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.sva_comparison_changes, 3)
        settings.sva_comparison_changes = 0
        settings.execute()
        self.assertEqual(self.env["sva.reconciliation"]._limit("changes"), 0)
        with self.assertRefused(ValidationError, "cannot be negative"):
            self.env["res.config.settings"].create({"sva_comparison_share": -1})
        self._limit(share="rubbish")
        self.assertEqual(self.env["sva.reconciliation"]._limit("share"), 5)

    def test_of_another_company(self):
        self._restore_our_database()
        run = self._compare()
        company = self.env["res.company"].create({"name": "Outro provedor"})
        stranger = self._operator("test_stranger", "group_sva_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        with self.assertRaises(AccessError):
            run.difference_ids.with_user(stranger).read(["change"])
        with self.assertRaises(AccessError):
            run.with_user(stranger).action_apply()
