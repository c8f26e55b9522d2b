# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever the search box of a screen offers, the server has an answer to."""

from datetime import date

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import dateutil, safe_eval

from .common import CPFS, SvaCase

TYPED = (CPFS[0], "maria", "%_'\"\\<>ç🙂", "x" * 2_000)
#: what is looked for in fields that one cannot type anything into
VALUES = {
    "boolean": True,
    "integer": 1,
    "float": 1.5,
    "monetary": 1.5,
    "date": "2026-01-31",
    "datetime": "2026-01-31 12:00:00",
}
#: the types that the web client offers to group by
GROUPED = ("char", "boolean", "integer", "date", "datetime", "selection")
GROUPED += ("many2one", "many2many")
#: what domains that the web client works out may name
CLIENT = {
    "context_today": date.today,
    "relativedelta": dateutil.relativedelta.relativedelta,
}


@tagged("post_install", "-at_install")
class TestScreens(SvaCase):
    def setUp(self):
        super().setUp()
        self._sva_user()
        self._run_engine()

    def _screens(self, user):
        """The actions of the app's menus that a user sees."""
        app = self.env.ref("saber_plus_sva.menu_sva")
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False).values()
        of_app = [menu for menu in menus if menu.get("app_id") == app.id]
        ids = {menu["action_id"] for menu in of_app} - {False}
        return self.env["ir.actions.act_window"].browse(ids)

    def _search_view(self, model, action):
        views = [*action.views, (action.search_view_id.id, "search")]
        return etree.fromstring(model.get_views(views)["views"]["search"]["arch"])

    def _domains_of(self, field, model):
        """What is asked for where something is typed into a field of the search box."""
        if domain := field.get("filter_domain"):
            return [safe_eval(domain, {"self": t, "raw_value": t}) for t in TYPED]
        name = field.get("name")
        description = model.fields_get([name], ["type", "selection"])[name]
        if values := description.get("selection"):
            return [[(name, "=", value)] for value, _label in values]
        if description["type"] in VALUES:
            return [[(name, "=", VALUES[description["type"]])]]
        return [[(name, field.get("operator", "ilike"), text)] for text in TYPED]

    def _groups(self, search, model):
        """What the records may be grouped by: by hand, and by a filter."""
        fields = model.fields_get([], ["type", "groupable"])
        names = [
            name
            for name, field in fields.items()
            if field["groupable"] and field["type"] in GROUPED and name != "id"
        ]
        contexts = [node.get("context", "{}") for node in search.iter("filter")]
        names += filter(None, (safe_eval(one).get("group_by") for one in contexts))
        for name in names:
            type_ = fields.get(name, {}).get("type", "")
            if type_ != "properties":  # each is a group of its own, where there are any
                # where a period is not named, the client takes the month
                yield f"{name}:month" if type_.startswith("date") else name

    def _try(self, action, user):
        model = self.env[action.res_model].with_user(user)
        search = self._search_view(model, action)
        known = {"uid": user.id, **CLIENT}
        shown = safe_eval(action.domain or "[]", known)
        for node in search.iter("field"):
            for domain in self._domains_of(node, model):
                model.search([*shown, *domain], limit=1)
        for node in search.iter("filter"):
            if node.get("date"):
                domain = [(node.get("date"), ">=", "2026-01-01")]
            else:
                domain = safe_eval(node.get("domain") or "[]", known)
            model.search_count([*shown, *domain])
        for by in self._groups(search, model):
            model.web_read_group(shown, [by], ["__count"])

    def test_what_is_offered_is_answered(self):
        manager = self._operator("test_manager", "group_sva_manager")
        for user in (self._operator(), manager):
            screens = self._screens(user)
            self.assertTrue(screens)
            for action in screens:
                with self.subTest(user=user.login, screen=action.name):
                    self._try(action, user)
