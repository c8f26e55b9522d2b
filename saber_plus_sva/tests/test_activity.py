# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Activities that are opened by themselves, once, and closed when it is over."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..client import Unauthorized
from ..models.contract_dunning import FAILED
from ..models.mail_activity_type import OCCASIONS
from ..models.sva_integration import INCIDENT
from .common import TOKEN, SvaCase


@tagged("post_install", "-at_install")
class TestActivity(SvaCase):
    def setUp(self):
        super().setUp()
        self.manager = self._operator("test_manager", "group_sva_manager")
        self.manager.lang = "en_US"
        self.integration.user_id = self.manager

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
        person = self.integration._sva_person
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

    def test_occasions_are_apart(self):
        contract = self.contract.with_user(self.env.ref("base.user_root"))
        for occasion, model in OCCASIONS.items():
            if model == "contract.contract":
                # whichever language whoever is at work speaks
                for lang in ("en_US", "pt_BR"):
                    contract.with_context(lang=lang)._sva_open_activity(
                        occasion, "CPF <missing>"
                    )
        self.assertEqual(len(contract.activity_ids), 2)
        # not the robot that is at work, which looks at nothing
        self.assertTrue(all(contract.activity_ids.user_id.mapped("active")))
        self.assertIn("CPF &lt;missing&gt;", contract.activity_ids[0].note)
        contract._sva_close_activity(FAILED)
        self.assertEqual(len(contract.activity_ids), 1)

    def test_the_types_cannot_be_deleted(self):
        for occasion, model in OCCASIONS.items():
            kind = self.env.ref(occasion).with_context(lang="en_US")
            self.assertEqual(kind.res_model, model)
            with self.assertRefused(UserError, "cannot delete"):
                kind.unlink()
