# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Each number of the overview is that of the list which it opens."""

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import CPFS, SvaCase

#: the fields of the overview's numbers, by the buttons that they are on
NUMBERS = {
    "action_view_users": "user_count",
    "action_view_active_users": "active_count",
    "action_view_blocked_users": "blocked_count",
    "action_view_disabled_users": "disabled_count",
    "action_view_pending_users": "pending_count",
    "action_view_failed_users": "failed_count",
    "action_view_changed_registrations": "registration_count",
    "action_view_failed_removals": "failed_removal_count",
    "action_view_divergences": "divergence_count",
}


@tagged("post_install", "-at_install")
class TestOverview(SvaCase):
    def _behind(self, action):
        """How many records a button's list shows."""
        model = self.env[action["res_model"]]
        domain = list(action["domain"])
        search = etree.fromstring(model.get_view(view_type="search")["arch"])
        context = action.get("context") or {}
        for key in context:
            if key.startswith("search_default_"):
                name = key.removeprefix("search_default_")
                [found] = search.xpath(f"//filter[@name='{name}']")
                domain += safe_eval(found.get("domain"))
        return model.search_count(domain)

    def test_numbers_are_those_of_their_lists(self):
        for number, cpf in enumerate(CPFS[1:]):
            contract = self._contract(self._customer(f"Cliente {number}", cpf))
            user = self._sva_user(contract)
            self._run_engine()
            if number == 0:
                contract.action_block()
            elif number == 1:
                user.action_deactivate()
            elif number == 2:
                contract.partner_id.name = "Outro nome"
        self._run_engine()
        self.sandbox.fault("createUser", "status", status=422)
        self._sva_user()
        self._run_engine()
        self.sandbox.add_user(
            cpf="12345678909",
            name="Desconhecida",
            username="x",
            phone="+5511977776666",
            package_code=self.package.code,
        )
        self.integration.action_reconcile()
        self.env.invalidate_all()
        counts = {}
        for button, name in NUMBERS.items():
            action = getattr(self.integration, button)()
            counts[name] = self.integration[name]
            self.assertEqual(counts[name], self._behind(action), button)
        self.assertEqual(
            (counts["user_count"], counts["blocked_count"], counts["disabled_count"]),
            (5, 1, 1),
        )
        self.assertEqual(
            (
                counts["failed_count"],
                counts["registration_count"],
                counts["divergence_count"],
            ),
            (1, 1, 1),
        )
        self.assertTrue(self.integration.compared_on)
        views = self.integration.action_view_reconciliations()["views"]
        self.assertEqual([kind for _id, kind in views], ["list", "form"])

    def test_each_number_is_in_the_view(self):
        view = self.env.ref("saber_plus_sva.sva_integration_view_kanban_overview")
        arch = etree.fromstring(view.arch)
        for button, name in NUMBERS.items():
            self.assertTrue(arch.xpath(f"//a[@name='{button}']//field[@name='{name}']"))

    def test_the_front_desk_sees_it(self):
        desk = self._operator()
        view = self.env["sva.integration"].with_user(desk)
        view_id = self.env.ref("saber_plus_sva.sva_integration_view_kanban_overview").id
        arch = view.get_view(view_id, "kanban")["arch"]
        self.assertIn("failed_count", arch)
        self.assertNotIn("divergence_count", arch)
