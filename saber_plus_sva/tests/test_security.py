# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who may do what, and what nobody gets to see."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules import get_module_path
from odoo.tests import tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import CPFS, TOKEN, SvaCase

#: settings and scheduled actions, which Odoo leaves to administrators as a whole; and
#: what an invoice's line takes over, which whoever writes invoices may correct
UNGUARDED = {"res.company", "res.config.settings", "account.move.line", "ir.cron"}


@tagged("post_install", "-at_install")
class TestSecurity(SvaCase):
    def test_the_front_desk_does_its_work(self):
        operator = self._operator()
        contract = self.contract.with_user(operator)
        contract.contract_line_ids[0].name = "Fibra"
        user = (
            self.env["sva.user"]
            .with_user(operator)
            .create({"contract_id": contract.id, "password": "segredo1"})
        )
        user.action_sync()
        self.assertInStep(user, "active")
        user.action_deactivate()
        user.phone = "11 91234-5678"
        user.action_activate()
        self.assertEqual(user.state, "active")

    def test_the_front_desk_does_not_configure(self):
        operator = self._operator()
        integration = self.integration.with_user(operator)
        for attempt in (
            lambda: integration.write({"base_url": "https://example.com"}),
            lambda: integration.write({"token": "other"}),
            integration.action_test_connection,
            integration.action_fetch_packages,
            integration.unlink,
            lambda: self.package.with_user(operator).write({"name": "X"}),
            lambda: self.env["sva.api.call"].with_user(operator).search([]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_the_manager_configures_but_reads_no_secret(self):
        manager = self._operator("test_manager", "group_sva_manager")
        integration = self.integration.with_user(manager)
        integration.write({"token": TOKEN})
        integration.action_fetch_packages()
        self.assertFalse(integration.token)
        for name in ("token_sealed",):
            with self.assertRaises(AccessError):
                integration.read([name])
        self.assertNotIn("token_sealed", integration.fields_get())
        user = self._sva_user(password="segredo1").with_user(manager)
        with self.assertRaises(AccessError):
            user.read(["password_sealed"])
        with self.assertRaises(AccessError):
            user.search([("password_sealed", "!=", False)])

    def test_what_the_engine_keeps_for_itself_is_no_field_to_group_by(self):
        technical = {
            "error_code",
            "error_message",
            "lease_token",
            "lease_until",
            "refused_digest",
            "registration_phone",
            "seen_in",
        }
        user = self._sva_user()
        manager = self._operator("test_manager", "group_sva_manager")
        for name in ("sva.user", "sva.user.removal", "sva.divergence"):
            self.assertFalse(
                technical & self.env[name].with_user(manager).fields_get().keys()
            )
        fixed = ["external_ref", "sync_error", "sync_attempts", "platform_user_id"]
        user.write({"error_code": "timeout"})
        [values] = user.with_user(manager).read(fixed)
        self.assertTrue(values["sync_error"])

    def test_an_internal_user_sees_nothing(self):
        employee = mail_new_test_user(self.env, login="outro", groups="base.group_user")
        user = self._sva_user()
        for records in (user, self.integration, self.package):
            with self.assertRaises(AccessError):
                records.with_user(employee).read(["display_name"])

    def test_companies_are_apart(self):
        company = self.env["res.company"].create({"name": "Filial"})
        operator = self._operator()
        operator.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        user = self._sva_user()
        mine = self.env["sva.user"].with_user(operator).with_company(company)
        self.assertFalse(mine.search([("id", "=", user.id)]))
        with self.assertRaises(AccessError):
            user.with_user(operator).with_company(company).action_deactivate()

    def _of_another_company(self):
        """An SVA user of a company that the front desk has nothing to do with."""
        branch = self.env["res.company"].create({"name": "Filial"})
        integration = self._integration(name="Outra", company_id=branch.id)
        integration.action_fetch_packages()
        package = integration.package_ids.filtered(lambda one: one.available)[:1]
        product = self._sva_product("Outro", package)
        product.company_id = branch
        customer = self._customer("José Secreto", CPFS[1], "(21) 91234-5678")
        customer.company_id = branch
        contract = self._contract(customer, product, company_id=branch.id)
        return self._sva_user(contract)

    def test_every_field_of_ours_is_guarded(self):
        self.assertFieldsGuarded("saber_plus_sva", UNGUARDED)

    def test_what_is_not_opened_is_closed(self):
        operator = self._operator()
        user = self._sva_user()
        stranger = self._contract(self._customer("José", CPFS[1]))
        new = {"contract_id": stranger.id}
        mine = user.with_user(operator)
        for name in sorted(user._fields.keys() - mine._open_to_write()):
            if not user._is_guarded(name):
                continue
            with self.subTest(name), self.assertRefused(UserError, "Only the phone"):
                # what was given for the new record may be given again, and no other
                was_given = name in mine._open_to_create()
                mine.write({name: False if was_given else user[name]})
            if name not in mine._open_to_create():
                with self.assertRefused(UserError, "Only the phone"):
                    mine.create({**new, name: 1})
        for values in (
            {"sva_user_ids": [(4, user.id)]},
            {"sva_user_ids": [(6, 0, user.ids)]},
            {"sva_user_ids": [(0, 0, {"platform_user_id": "x"})]},
        ):
            with self.assertRefused(UserError, ""):
                stranger.with_user(operator).write(values)
        mine.write({"phone": "11 91234-5678", "password": "segredo1"})

    def test_a_default_opens_nothing(self):
        operator = self._operator()
        self.env["ir.default"].with_user(operator).set(
            "sva.user", "platform_user_id", "usr_stranger", user_id=operator.id
        )
        given = {
            "default_platform_user_id": "usr_stranger",
            "default_platform_state": "active",
            "default_external_ref": "x",
            "default_manually_disabled": True,
            "default_sva_auto_activate": True,
        }
        users = self.env["sva.user"].with_user(operator).with_context(**given)
        user = users.create({"contract_id": self.contract.id}).sudo()
        # by the plan, whose users are created as superuser
        plan = self.env["contract.template"].create(
            {"name": "Plano", "sva_auto_activate": True}
        )
        other = self._customer("José", CPFS[1])
        contract = (
            self.env["contract.contract"]
            .with_user(operator)
            .with_context(**given)
            .create(
                {
                    "name": "x",
                    "partner_id": other.id,
                    "contract_template_id": plan.id,
                    "contract_line_ids": [(0, 0, self._line_values(self.product))],
                }
            )
        )
        for row in user | contract.sudo().sva_user_ids:
            self.assertEqual(
                (row.platform_user_id, row.platform_state, row.manually_disabled),
                (False, "absent", False),
            )
            self.assertNotEqual(row.external_ref, "x")
        self.assertEqual(len(contract.sudo().sva_user_ids), 1)

    def test_nothing_is_computed_from_what_may_not_be_read(self):
        theirs = self._of_another_company()
        mine = self._sva_user()
        manager = self._operator("test_manager", "group_sva_manager")
        self.sandbox.add_user(
            cpf=CPFS[2], name="Ana", username="ana", phone="+5511912345678"
        )
        self.integration.with_user(manager).action_reconcile()
        row = self.env["sva.divergence"].with_user(manager).search([])
        contract, product = theirs.contract_id, theirs.product_id
        forms = (
            ("sva.user", {"contract_id": contract.id}),
            ("sva.user", {"integration_id": theirs.integration_id.id}),
            ("sva.user", {"product_id": product.id}),
            ("sva.user.transfer", {"sva_user_id": theirs.id}),
            ("sva.user.transfer", {"contract_id": contract.id}),
            ("sva.adoption", {"integration_id": theirs.integration_id.id}),
            ("contract.line", {"product_id": product.id}),
            ("product.template", {"sva_package_id": theirs.package_id.id}),
        )
        for name, values in forms:
            model = self.env[name].with_user(manager)
            spec = {name: {} for name in model.fields_get()}
            with self.subTest(values=values), self.assertRefused(AccessError, ""):
                model.onchange(values, [*values], spec)
            defaults = {f"default_{name}": value for name, value in values.items()}
            with self.subTest(defaults=values), self.assertRefused(AccessError, ""):
                model.with_context(**defaults).onchange({}, [], spec)
        for values in ({"contract_id": contract.id}, {"product_id": product.id}):
            with self.subTest(values=values), self.assertRefused(AccessError, ""):
                row.write(values)
            with self.assertRefused(AccessError, ""):
                row.onchange(values, [*values], {"proposal": {}})
        # the contract is one's own, the customer is another company's
        self.customer.company_id = theirs.company_id
        user = mine.with_user(manager)
        with self.assertRefused(AccessError, ""):
            user.browse().onchange(
                {"contract_id": self.contract.id}, ["contract_id"], {"name": {}}
            )

    def test_who_has_a_cpf_is_told_to_whom_it_concerns(self):
        taken = self._sva_user()
        portal = mail_new_test_user(
            self.env, login="cliente", groups="base.group_portal"
        )
        for number in (CPFS[0], CPFS[4]):
            with self.assertRefused(AccessError, "(?s)^(?!.*CPF)"):
                self.env["sva.user"].with_user(portal).create(
                    {"contract_id": self.contract.id, "cpf_cnpj": number}
                )
        mine = self._contract(self._customer("José", CPFS[1]))
        values = {
            "contract_id": mine.id,
            "use_partner_data": False,
            "cpf_cnpj": CPFS[0],
            "name": "José",
            "phone": "11 98765-4321",
        }
        operator = self._operator()
        users = self.env["sva.user"].with_user(operator)
        with self.assertRefused(ValidationError, "It is on the contract"):
            users.create(values)
        self.env["ir.rule"].create(
            {
                "name": "own contracts",
                "model_id": self.env["ir.model"]._get_id("contract.contract"),
                "domain_force": [("id", "!=", taken.contract_id.id)],
            }
        )
        with self.assertRefused(ValidationError, "^CPF já cadastrado.(?!.*contract)"):
            users.create(values)

    def test_what_a_contract_has_is_told_to_nobody_else(self):
        self._sva_user()
        for group in ("base.group_portal", "base.group_user"):
            stranger = mail_new_test_user(self.env, login=group, groups=group)
            with self.subTest(group), self.assertRefused(AccessError, ""):
                self.contract.with_user(stranger).write({"partner_id": False})

    def test_neutralization(self):
        path = f"{get_module_path('saber_plus_sva')}/data/neutralize.sql"
        other = self._contract(self._customer("Ana", CPFS[1]))
        waiting = self._sva_user(other, password="segredo1")
        self.env.flush_all()
        with open(path) as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.integration.has_token)
        self.assertFalse(self.integration.base_url)
        self.assertFalse(waiting.password_sealed)
        self._sva_user()
        self._run_engine()
        self.assertEqual(self.integration.connection_state, "unauthorized")
        self.assertEqual(self.sandbox.users(), {})
