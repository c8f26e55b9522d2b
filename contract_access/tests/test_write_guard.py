# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people may write, and what they may have computed from."""

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged

from .common import CPFS, ContractCase

#: settings, which Odoo leaves to administrators as a whole
ADMINISTRATED = {"res.company", "res.config.settings"}
#: accounting writes its own documents
OF_ACCOUNTING = {"account.move", "account.move.line"}


@tagged("post_install", "-at_install")
class TestWriteGuard(ContractCase):
    def _of_another_company(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        customer = self._customer("José", CPFS[1])
        customer.company_id = branch
        return self._contract(customer, company_id=branch.id)

    def test_every_field_of_ours_is_guarded(self):
        self.assertFieldsGuarded("contract_access", ADMINISTRATED | OF_ACCOUNTING)

    def test_what_is_not_opened_is_closed(self):
        clerk = self._operator()
        values = {"no_block_until": "2099-01-01", "status_reason": "x"}
        contract = self.contract.with_user(clerk)
        for name, value in values.items():
            with self.assertRefused(UserError, ""):
                contract.write({name: value})
            with self.assertRefused(UserError, ""):
                contract.create(
                    {"name": "x", "partner_id": self.customer.id, name: value}
                )
        for operation in (contract.write, contract.create):
            with self.assertRefused(UserError, ""):
                operation({"release_ids": [(0, 0, {"no_block_until": "2099-01-01"})]})
        with self.assertRefused(UserError, ""):
            contract.contract_line_ids.write({"before_termination": {}})
        contract.automatic_block = False

    def test_a_default_opens_nothing(self):
        clerk = self._operator()
        self.env["ir.default"].with_user(clerk).set(
            "contract.contract", "no_block_until", "2099-01-01", user_id=clerk.id
        )
        contracts = self.env["contract.contract"].with_user(clerk)
        values = {"name": "x", "partner_id": self.customer.id}
        for given in (
            {},
            {"default_no_block_until": "2099-01-01", "default_status_reason": "x"},
        ):
            contract = contracts.with_context(**given).create(values)
            self.assertFalse(contract.no_block_until)
            self.assertFalse(contract.status_reason)
            # also where the code of the addons creates, in the caller's context
            contract = contracts.with_context(**given).sudo().create(values)
            self.assertFalse(contract.no_block_until)

    def test_nothing_is_computed_from_what_may_not_be_read(self):
        theirs = self._of_another_company()
        clerk = self._operator()
        contracts = self.env["contract.contract"].with_user(clerk)
        spec = {"commercial_partner_id": {}, "pricelist_id": {}}
        forms = (
            (contracts, {"partner_id": theirs.partner_id.id}),
            (contracts, {"invoice_partner_id": theirs.partner_id.id}),
            (self.env["contract.line"], {"contract_id": theirs.id}),
            (self.env["contract.line"], {"contract_id": {"id": theirs.id}}),
            (
                self.env["contract.line"],
                {"contract_id": {"id": False, "partner_id": theirs.partner_id.id}},
            ),
            (
                contracts,
                {"contract_line_ids": [[1, theirs.contract_line_ids.id, {}]]},
            ),
            (contracts, {"contract_line_ids": [[6, 0, theirs.contract_line_ids.ids]]}),
            (contracts, {"contract_line_ids": theirs.contract_line_ids.ids}),
            (contracts, {"contract_line_ids": [{"contract_id": theirs.id}]}),
            (contracts, {"contract_line_ids": [[0, 0, {"contract_id": theirs.id}]]}),
            (self.env["contract.step"], {"contract_id": theirs.id}),
        )
        for model, values in forms:
            model = model.with_user(clerk)
            known = {name: {} for name in spec if name in model._fields}
            with self.subTest(values=values), self.assertRefused(AccessError, ""):
                model.onchange(values, [*values], known)
            defaults = {f"default_{name}": value for name, value in values.items()}
            if not isinstance([*values.values()][0], int):
                continue
            with self.subTest(defaults=values), self.assertRefused(AccessError, ""):
                model.with_context(**defaults).onchange({}, [], {n: {} for n in values})

    def test_what_a_form_shows_and_nobody_writes_gives_nothing_away(self):
        theirs = self._of_another_company()
        manager = self._operator("test_manager", "group_contract_manager")
        previews = self.env["contract.dunning.preview"].with_user(manager)
        self.assertFalse(previews.has_access("create"))
        releases = self.env["contract.release"].with_user(manager)
        values = {"contract_id": theirs.id}
        shown = releases.sudo().with_user(manager)._form_values(values)
        self.assertEqual(shown, {})

    def test_what_does_not_exist_comes_to_no_insert(self):
        steps = self.env["contract.step"].with_user(self._operator())
        for id_ in (2**40, 2**31 - 1, "7", 1.5, [7]):
            values = {"step": "block", "reason": "x", "contract_id": id_}
            with self.subTest(id=id_), self.assertRefused(MissingError, "Contract"):
                steps.create(values)
