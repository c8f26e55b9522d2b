# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is opened every minute asks the database as often, however much there is."""

from lxml import etree

from odoo.tests import tagged

from .common import TOKEN, SvaCase, cpfs

#: what the SVA on a contract may cost
MOST_FOR_SVA = 10


def specification(arch, model, depth=0):
    """What the web client asks for where it shows a view, lists in it included."""
    fields = {}
    for node in arch.xpath(f".//field[count(ancestor::field) = {depth}]"):
        field = model._fields[node.get("name")]
        inner = {"fields": {"display_name": {}}} if field.relational else {}
        for view in node.xpath("list | kanban")[:1]:
            comodel = model.env[field.comodel_name]
            inner = {"fields": specification(view, comodel, depth + 1), "limit": 40}
        fields[field.name] = inner
    return fields


@tagged("post_install", "-at_install")
class TestQueryCount(SvaCase):
    PEOPLE = {"clerk": ()}

    def _queries(self, work):
        for _twice in range(2):  # what is cached for all requests is not counted
            super()._queries(work)
        return super()._queries(work)

    def _fields(self, model, kind):
        view = model.get_view(view_type=kind)
        return specification(etree.fromstring(view["arch"]), model)

    def test_opening_a_contract(self):
        self._sva_user()
        self._run_engine()
        contract = self.contract.with_user(self.clerk)
        everything = self._fields(contract, "form")
        without = {
            name: inner
            for name, inner in everything.items()
            if "saber_plus_sva" not in contract._fields[name]._modules
        }
        for inner in without.values():
            if lines := inner.get("fields"):
                lines.pop("service_type", None)
                lines.pop("sva_mismatch", None)
        bare = self._queries(lambda: contract.web_read(without))
        full = self._queries(lambda: contract.web_read(self._fields(contract, "form")))
        # the view itself is cached
        self.assertIn("sva_user_ids", everything)
        self.assertLessEqual(full - bare, MOST_FOR_SVA, (bare, full))

    def _assert_constant(self, work):
        self._sva_users(cpfs(3, 0))
        few = self._queries(work)
        self._sva_users(cpfs(30, 100))
        self.assertEqual(self._queries(work), few)

    def test_the_list_of_users(self):
        users = self.env["sva.user"].with_user(self.clerk)
        fields = self._fields(users, "list")
        self._assert_constant(
            lambda: users.web_search_read([], fields, limit=80, count_limit=10001)
        )

    def test_the_cards_of_users(self):
        users = self.env["sva.user"].with_user(self.clerk)
        fields = self._fields(users, "kanban")
        self._assert_constant(lambda: users.web_search_read([], fields, limit=40))

    def test_the_list_of_contracts(self):
        contracts = self.env["contract.contract"].with_user(self.clerk)
        fields = self._fields(contracts, "list")
        self._assert_constant(lambda: contracts.web_search_read([], fields, limit=80))

    def test_the_overview(self):
        manager = self._operator("test_manager", "group_sva_manager")
        view = self.env.ref("saber_plus_sva.sva_integration_view_kanban_overview")
        integrations = self.env["sva.integration"].with_user(manager)
        arch = etree.fromstring(integrations.get_view(view.id, "kanban")["arch"])
        fields = specification(arch, integrations)
        self._assert_constant(lambda: integrations.web_search_read([], fields))
        few = self._queries(lambda: integrations.web_search_read([], fields))
        company = self.env["res.company"].create({"name": "Filial"})
        self.env["sva.integration"].create(
            {
                "name": "Filial",
                "company_id": company.id,
                "base_url": self.integration.base_url,
                "token": TOKEN,
            }
        )
        manager.write({"company_ids": [(4, company.id)]})
        both = integrations.with_context(
            allowed_company_ids=(self.env.company | company).ids
        )
        self.assertLessEqual(
            self._queries(lambda: both.web_search_read([], fields)), few + 1
        )
