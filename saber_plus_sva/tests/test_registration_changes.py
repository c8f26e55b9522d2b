# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer's new name or phone is offered to the SVA user."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestRegistrationChanges(SvaCase):
    PEOPLE = {"desk": ()}

    def _finish_the_stage(self):
        self.user = self._sva_user()
        self._run_engine()

    def setUp(self):
        super().setUp()
        self._put_on_platform(self.user)

    def test_nothing_has_changed(self):
        self.assertFalse(self.user.registration_differs)
        self.customer.phone = "+55 11 98765 4321"
        self.assertFalse(self.user.registration_differs)

    def test_it_is_offered_and_taken_over(self):
        self.customer.write({"name": "Maria Souza", "phone": "(21) 99876-5432"})
        self.assertTrue(self.user.registration_differs)
        self.assertEqual(self.user.registration_changes, "Maria Souza, (21) 99876-5432")
        # nothing is sent by itself
        self.assertEqual(self.user.sync_state, "synced")
        self.assertTrue(self.customer.with_user(self.desk).sva_registration_differs)
        for _clerk in range(2):
            self.assertIs(
                self.customer.with_user(self.desk).action_take_sva_registration(), True
            )
        self.assertFalse(self.user.registration_differs)
        self.assertEqual(
            (self.user.name, self.user.phone), ("Maria Souza", "+5521998765432")
        )
        self._run_engine()
        self.assertInStep(self.user, "active")

    def test_a_phone_that_was_set_by_hand_stays(self):
        self.user.with_user(self.desk).phone = "(11) 97777-1111"
        self.assertFalse(self.user.registration_differs)
        # neither another contract nor the same phone says that the next one is known
        self.customer.phone = "(21) 99876-5432"
        self.user.phone = "+5511977771111"
        self.contract.action_withdraw()
        self.user.action_transfer(self._contract(self.customer).id)
        self.assertEqual(self.user.registration_changes, "(21) 99876-5432")
        self.user.action_take_registration()
        self.customer.phone = "(11) 98765-4321"
        self.assertTrue(self.user.registration_differs)

    def test_another_phone_from_the_first_day(self):
        self.customer.phone = "(21) 99876-5432"
        contract = self._contract(self._customer("Ana", CPFS[1]))
        user = self._sva_user(contract, phone="(11) 97777-1111")
        self.assertFalse(user.registration_differs)

    def test_another_cpf(self):
        user = self.user.with_user(self.desk)
        for number, differs in (
            (CPFS[0], False),
            (CPFS[1], True),
            ("123", False),
            ("11.222.333/0001-81", False),
            (False, False),
        ):
            self.customer.vat = number
            self.assertEqual(user.cpf_differs, differs, number)

    def test_what_the_platform_does_not_take_is_not_offered(self):
        self.customer.phone = "(11) 3333-4444"
        self.assertFalse(self.user.registration_differs)
        self.customer.phone = False
        self.assertFalse(self.user.registration_differs)

    def test_data_of_somebody_else_are_left_alone(self):
        contract = self._contract(self._customer("Ana", CPFS[1]))
        user = self._sva_user(
            contract,
            use_partner_data=False,
            name="Filha da Ana",
            cpf_cnpj=CPFS[2],
            phone="(11) 97777-1111",
        )
        self.assertFalse(user.registration_differs)
        self.assertFalse(user.cpf_differs)
        user.action_take_registration()
        self.assertEqual(user.name, "Filha da Ana")

    def test_the_name_is_not_written_otherwise(self):
        user = self.user.with_user(self.desk).with_context(sva_registration=True)
        with self.assertRefused(UserError, "phone and the password"):
            user.name = "Outra"

    def test_they_are_found(self):
        self._sva_user(self._contract(self._customer("Ana", CPFS[1])))
        self.customer.name = "Maria Souza"
        found = self.env["sva.user"].search([("registration_differs", "=", True)])
        self.assertEqual(found, self.user)
