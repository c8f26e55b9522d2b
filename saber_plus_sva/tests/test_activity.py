# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Activities that are opened by themselves, once, and closed when it is over."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.contract_access.models.contract_dunning import FAILED

from ..client.errors import Unauthorized
from ..models.sva_integration import INCIDENT
from .common import CPFS, PACKAGE, TOKEN, SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestActivity(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
        self.manager.lang = "en_US"
        self.integration.user_id = self.manager
        self.occasions = self.env["mail.activity.type"]._occasions()

    def _break(self):
        self.integration.token = "wrong"
        with self.assertRaisesRegex(UserError, r"\w"):
            self.integration.action_test_connection()

    def _pause(self, code):
        self.integration._pause("unauthorized", Unauthorized(code, "No."))

    def _mend(self):
        self.integration.token = TOKEN
        self.integration.action_test_connection()

    def test_an_incident_is_told_once_in_the_persons_language(self):
        self._speak_portuguese()
        self.manager.lang = "pt_BR"
        self._break()
        self._pause("unauthorized")
        [activity] = self.integration.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.summary, "A plataforma SVA requer atenção")
        self.assertIn("A plataforma recusou o token", activity.note)
        self._mend()
        self.assertFalse(self.integration.activity_ids)

    def test_the_latest_reason_is_told(self):
        self._break()
        [activity] = self.integration.activity_ids
        self._pause("account_suspended")
        self.assertEqual(self.integration.activity_ids, activity)
        self.assertIn("has suspended this account", activity.note)

    def test_whatever_became_of_the_activity_it_is_closed(self):
        self._break()
        self.integration.activity_ids.write(
            {"summary": "Ligar para a Saber+", "user_id": self.env.uid}
        )
        self._break()
        self.assertEqual(len(self.integration.activity_ids), 1)
        self._mend()
        self.assertFalse(self.integration.activity_ids)

    def test_what_people_have_planned_is_left_alone(self):
        planned = self.integration.activity_schedule(
            INCIDENT, summary="Renegociar", automated=False
        ) + self.integration.activity_schedule("mail.mail_activity_data_todo")
        self._break()
        self.assertEqual(len(self.integration.activity_ids - planned), 1)
        self._mend()
        self.assertEqual(self.integration.activity_ids, planned)

    def test_one_that_is_done_is_opened_again_by_the_next_incident(self):
        self._break()
        self.integration.activity_ids.action_done()
        self.assertFalse(self.integration.activity_ids)
        self._break()
        self.assertEqual(len(self.integration.activity_ids), 1)

    def test_who_is_told(self):
        gone = self._operator("test_gone", "group_sva_manager")
        gone.active = False
        nobody = self.env["res.users"]
        company = self.integration.company_id
        person = self.integration._responsible_among
        self.assertEqual(person(self.manager, company), self.manager)
        self.assertEqual(person(gone | self.manager, company), self.manager)
        managers = self.env.ref("saber_plus_sva.group_sva_manager").all_user_ids
        for candidates in (nobody, gone, self.env.ref("base.public_user")):
            told = person(candidates, company)
            self.assertIn(told, managers)
            self.assertTrue(told.active)
        other = self.env["res.company"].create({"name": "Filial"})
        self.env.ref("base.user_admin").company_ids -= other
        self.manager.company_ids += other
        self.assertEqual(person(nobody, other), self.manager)

    def test_a_refused_user_is_told_until_it_is_mended(self):
        self._speak_portuguese()
        self.manager.lang = "pt_BR"
        self.contract.user_id = self.manager
        self.sandbox.remove_package(PACKAGE)
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        [activity] = user.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.summary, "A plataforma recusou o usuário SVA")
        self.assertIn("pacote", activity.note.lower())
        self.assertEqual(
            self.contract.sva_sync_errors, f"{user.name}: {user.sync_error}"
        )
        # any change is worth a new attempt: nobody is needed before that has been made
        user.phone = "+5511912345678"
        self._end_of_request()
        self.assertEqual(user.sync_state, "pending")
        self.assertFalse(user.activity_ids)
        self._run_engine()
        self.assertEqual(len(user.activity_ids), 1)
        self.sandbox.set_package(PACKAGE, name="Saber+ Livros")
        user.action_sync()
        self.assertInStep(user, "active")
        self.assertFalse(user.activity_ids)
        self.assertFalse(self.contract.sva_sync_errors)

    def test_a_refused_removal_is_told_until_it_has_gone_through(self):
        users = self._sva_users(CPFS[:2])
        self._run_engine()
        users.unlink()
        self.sandbox.fault("deleteUser", "status", status=422, times=2)
        self._run_engine()
        removals = self.env["sva.user.removal"].search([])
        self.assertEqual(removals.mapped("sync_state"), ["failed", "failed"])
        [activity] = self.integration.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.summary, "The platform refused to delete users")
        self.assertIn("Refused deletions: 2.", activity.note)
        removals[0].action_retry()
        self._run_engine()
        self.assertIn("Refused deletions: 1.", self.integration.activity_ids.note)
        removals[1].action_retry()
        self._run_engine()
        self.assertFalse(self.integration.activity_ids)

    def test_telling_costs_nothing_but_the_telling(self):
        self.sandbox.remove_package(PACKAGE)
        user = self._sva_user()
        mixin = self.registry["activity.occasion.mixin"]
        with (
            patch.object(mixin, "_open_occasion", side_effect=ValueError("no")),
            self.assertLogs("odoo.addons.saber_plus_sva", "ERROR"),
        ):
            self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        self.assertFalse(user.activity_ids)

    def test_many_refusals_take_a_constant_number_of_queries(self):
        self.sandbox.remove_package(PACKAGE)

        def queries(count, first):
            users = self._sva_users(cpfs(count, first))
            self._end_of_request()
            taken = self._queries(self._run_engine)
            self.assertEqual(len(users.activity_ids), count)
            return taken

        queries(2, 0)
        few = queries(5, 10)
        many = queries(25, 100)
        # … but for the one that writes down a call before it is made
        self.assertLessEqual(many, few + 10 + 20)

    def test_occasions_are_apart(self):
        contract = self.contract.with_user(self.env.ref("base.user_root"))
        occasions = [
            occasion
            for occasion, model in self.occasions.items()
            if model == "contract.contract"
        ]
        for occasion in occasions:
            # whichever language whoever is at work speaks
            for lang in ("en_US", "pt_BR"):
                contract.with_context(lang=lang)._open_occasion(
                    occasion, "CPF <missing>"
                )
        self.assertEqual(len(contract.activity_ids), len(occasions))
        # not the robot that is at work, which looks at nothing
        self.assertTrue(all(contract.activity_ids.user_id.mapped("active")))
        self.assertIn("CPF &lt;missing&gt;", contract.activity_ids[0].note)
        contract._close_occasion(FAILED)
        self.assertEqual(len(contract.activity_ids), len(occasions) - 1)

    def test_the_types_cannot_be_deleted(self):
        for occasion, model in self.occasions.items():
            kind = self.env.ref(occasion).with_context(lang="en_US")
            self.assertEqual(kind.res_model, model)
            with self.assertRefused(UserError, "cannot delete"):
                kind.unlink()
