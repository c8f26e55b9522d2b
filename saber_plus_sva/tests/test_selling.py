# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a line with SVA costs, what it offers, and what it refuses to stand beside."""

from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from .common import SvaCase

CONTRACT_FORM = "contract.contract_contract_customer_form_view"
LINE_FORM = "contract.contract_line_customer_form_view"


class SellingCase(SvaCase):
    def _finish_the_stage(self):
        self.courses = self._sva_product(
            "Saber+ Cursos", self._package("SABER-CURSOS"), list_price=39.9
        )

    def setUp(self):
        super().setUp()
        self.today = self.contract._today()

    def _create_line(self, product, contract=None, **values):
        return self.env["contract.line"].create(
            {
                "contract_id": (contract or self.contract).id,
                "product_id": product.id,
                "name": product.name,
                "date_start": self.today,
                "recurring_next_date": self.today,
                **values,
            }
        )

    def _price_list(self, **rule):
        return self.env["product.pricelist"].create(
            {
                "name": "Condomínios",
                "item_ids": [
                    Command.create({"compute_price": "fixed", "fixed_price": 9, **rule})
                ],
            }
        )

    def _invoiced(self, contract):
        lines = contract._recurring_create_invoice(self.today).invoice_line_ids
        return {line.product_id: line.price_unit for line in lines}


@tagged("post_install", "-at_install")
class TestPrice(SellingCase):
    def test_by_another_program(self):
        contract = self._contract(self.customer, self.internet.browse())
        self._create_line(self.product, contract)
        self.assertEqual(self._invoiced(contract), {self.product: 29.9})

    def test_together_with_the_contract(self):
        line = self._line_values(self.product)
        del line["price_unit"]
        contract = self._contract(
            self.customer,
            self.internet.browse(),
            contract_line_ids=[Command.create(line)],
        )
        self.assertEqual(contract.contract_line_ids.price_unit, 29.9)

    def test_by_the_forms(self):
        for fields_name, recurrence in (
            ("contract_line_ids", True),
            ("contract_line_fixed_ids", False),
        ):
            with self.subTest(fields_name):
                form = Form(
                    self.env["contract.contract"].with_context(
                        default_contract_type="sale"
                    ),
                    view=CONTRACT_FORM,
                )
                form.name = "No balcão"
                form.partner_id = self.customer
                form.line_recurrence = recurrence
                with getattr(form, fields_name).new() as line:
                    line.product_id = self.product
                    self.assertEqual(line.service_type, "sva")
                    self.assertEqual(line.price_unit, 29.9)
                self.assertEqual(self._invoiced(form.save()), {self.product: 29.9})

    def test_on_a_contract_that_there_is(self):
        contract = self._contract(self.customer, self.internet)
        with (
            Form(contract, view=CONTRACT_FORM) as form,
            form.contract_line_ids.new() as line,
        ):
            line.product_id = self.product
        self.assertEqual(
            self._invoiced(contract), {self.internet: 29.9, self.product: 29.9}
        )

    def test_the_contracts_price_list(self):
        prices = self._price_list(min_quantity=10)
        contract = self._contract(
            self.customer, self.internet.browse(), pricelist_id=prices.id
        )
        line = self._create_line(self.product, contract, quantity=10)
        self.assertEqual(line.price_unit, 9)
        line = self._create_line(self.internet, contract)
        self.assertEqual(line.price_unit, 29.9)

    def test_the_price_list_of_the_customer(self):
        self.env.user.group_ids += self.env.ref("product.group_product_pricelist")
        self.customer.property_product_pricelist = self._price_list()
        contract = self._contract(self.customer, self.internet.browse())
        self.assertEqual(self._create_line(self.product, contract).price_unit, 9)

    def test_the_currency_is_the_contracts(self):
        euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
        euro.active = dollar.active = True
        foreign = (euro + dollar) - self.contract.currency_id
        prices = self._price_list()
        prices.currency_id = foreign[0]
        contract = self._contract(
            self.customer, self.internet.browse(), pricelist_id=prices.id
        )
        expected = foreign[0]._convert(
            9, contract.currency_id, contract.company_id, self.today
        )
        line = self._create_line(self.product, contract)
        self.assertAlmostEqual(line.price_unit, expected, 2)
        self.assertNotEqual(line.price_unit, 9)

    def test_what_a_person_enters_stays(self):
        contract = self._contract(self.customer, self.internet.browse())
        with (
            Form(contract, view=CONTRACT_FORM) as form,
            form.contract_line_ids.new() as line,
        ):
            line.product_id = self.product
            line.price_unit = 12
            line.quantity = 2
            self.assertEqual(line.price_unit, 12)
        line = contract.contract_line_ids
        self.assertEqual(line.price_unit, 12)
        self.product.list_price = 99
        line.quantity = 1
        line.contract_id.pricelist_id = self._price_list()
        self.assertEqual(line.price_unit, 12)
        line.write({"product_id": self.courses.id, "price_unit": 11})
        self.assertEqual(line.price_unit, 11)

    def test_another_product_has_its_own_price(self):
        line = self._sva_line()
        line.price_unit = 12
        with Form(line, view=LINE_FORM) as form:
            form.product_id = self.courses
        self.assertEqual(line.price_unit, 39.9)
        line.product_id = self.product
        self.assertEqual(line.price_unit, 29.9)

    def test_nothing_is_a_price_too(self):
        for name in ("price_unit", "specific_price"):
            with self.subTest(name):
                contract = self._contract(self.customer, self.internet.browse())
                line = self._create_line(self.product, contract, **{name: 0})
                self.assertEqual(line.price_unit, 0)

    def test_a_price_of_nothing_is_asked_about(self):
        contract = self._contract(self.customer, self.internet.browse())
        form = Form(
            self.env["contract.line"].with_context(default_contract_id=contract.id),
            view=LINE_FORM,
        )
        logger = "odoo.tests.form.onchange"
        with self.assertNoLogs(logger, "WARNING"):
            form.product_id = self.internet
            form.price_unit = 0
            form.product_id = self.product
        with self.assertLogs(logger, "WARNING") as asked:
            form.price_unit = 0
        self.assertIn("Saber+ Livros", asked.output[0])
        self.product.list_price = 0
        with self.assertLogs(logger, "WARNING"):
            form.product_id = self.courses
            form.product_id = self.product

    def test_a_plan_hands_its_price_on(self):
        plan = self.env["contract.template"].create(
            {
                "name": "Fibra + Livros",
                "contract_line_ids": [
                    Command.create({"product_id": self.product.id, "name": "Livros"}),
                    Command.create(
                        {
                            "product_id": self.internet.id,
                            "name": "Fibra",
                            "price_unit": 80,
                        }
                    ),
                ],
            }
        )
        self.assertEqual(plan.contract_line_ids.mapped("price_unit"), [29.9, 80])
        expected = {self.product: 29.9, self.internet: 80}
        contract = self.env["contract.contract"].create(
            {
                "name": "Do plano",
                "partner_id": self.customer.id,
                "contract_template_id": plan.id,
            }
        )
        self.assertEqual(self._invoiced(contract), expected)
        form = Form(self.env["contract.contract"], view=CONTRACT_FORM)
        form.name = "Do plano"
        form.partner_id = self.customer
        form.contract_template_id = plan
        self.assertEqual(self._invoiced(form.save()), expected)

    def test_what_was_agreed_goes_on(self):
        line = self._sva_line()
        line.price_unit = 12
        self.product.list_price = 99
        line.date_end = self.today
        successor = line.plan_successor(self.today + timedelta(days=1), False, False)
        self.assertEqual(successor.price_unit, 12)

    def test_what_is_bought_is_not_priced_for_sale(self):
        contract = self._contract(
            self.customer, self.internet.browse(), contract_type="purchase"
        )
        self.assertEqual(self._create_line(self.internet, contract).price_unit, 0)

    def test_many_lines_take_as_many_queries_as_few(self):
        contract = self._contract(self.customer, self.internet.browse())
        contract.pricelist_id = self._price_list()
        values = self._line_values(self.internet, contract_id=contract.id)
        lines = self.env["contract.line"].create([values] * 20)

        def queries(some):
            self._end_of_request()
            return self._queries(some._compute_specific_price)

        self.assertLessEqual(queries(lines), queries(lines[:2]))


@tagged("post_install", "-at_install")
class TestOffer(SellingCase):
    def _offered(self, domain, service_type):
        sold = self.internet + self.product + self.courses
        domain = safe_eval(domain, {"service_type": service_type})
        return sold & self.env["product.product"].search(domain)

    def _domain(self, view):
        view = self.env.ref(view)
        arch = self.env[view.model].get_view(view.id, "form")["arch"]
        node = etree.fromstring(arch).find(".//field[@name='product_id']")
        return node.get("domain")

    def test_sva_lines_offer_sva_and_others_do_not(self):
        sva = self.product + self.courses
        for service_type, expected in (
            ("sva", sva),
            ("internet", self.internet),
            ("tv", self.internet),
            # where the product comes first, and the type follows it
            ("service", self.internet + sva),
        ):
            for model in ("contract.line", "contract.template.line"):
                domain = self.env[model]._fields["product_id"].domain
                self.assertEqual(self._offered(domain, service_type), expected)
            domain = self._domain(LINE_FORM)
            self.assertEqual(self._offered(domain, service_type), expected)

    def test_a_product_that_does_not_fit_the_type_goes(self):
        form = Form(
            self.env["contract.line"].with_context(
                default_contract_id=self.contract.id
            ),
            view=LINE_FORM,
        )
        form.product_id = self.internet
        form.service_type = "sva"
        self.assertFalse(form.product_id)
        self.assertEqual(form.service_type, "sva")
        form.product_id = self.product
        self.assertEqual(form.service_type, "sva")
        form.service_type = "internet"
        self.assertFalse(form.product_id)
        form.product_id = self.internet
        self.assertEqual(form.service_type, "internet")

    def test_the_type_follows_in_a_plan(self):
        form = Form(self.env["contract.template"])
        form.name = "Livros"
        with form.contract_line_ids.new() as line:
            line.product_id = self.product
            self.assertEqual(line.service_type, "sva")
            self.assertEqual(line.price_unit, 29.9)
        self.assertEqual(form.save().contract_line_ids.price_unit, 29.9)


@tagged("post_install", "-at_install")
class TestRivals(SellingCase):
    def setUp(self):
        super().setUp()
        self.line = self._sva_line()

    def assertRefusesTheSecond(self):
        return self.assertRefused(
            ValidationError, "“Saber\\+ .*” cannot be sold together with .* of Saber\\+"
        )

    def _at(self, days):
        return self.today + timedelta(days=days)

    def test_a_second_one_is_refused(self):
        for product in (self.product, self.courses):
            with self.assertRefusesTheSecond():
                self._create_line(product)
        other = self._create_line(self.internet)
        with self.assertRefusesTheSecond():
            other.product_id = self.courses
        with self.assertRefusesTheSecond():
            self._contract(self.customer, self.product + self.courses)
        elsewhere = self._contract(self.customer, self.internet)
        line = self._create_line(self.courses, elsewhere)
        with self.assertRefusesTheSecond():
            line.contract_id = self.contract

    def test_one_after_the_other(self):
        self.line.date_end = self._at(9)
        with self.assertRefusesTheSecond():
            self._create_line(
                self.courses, date_start=self._at(9), recurring_next_date=self._at(9)
            )
        later = self._create_line(
            self.courses, date_start=self._at(10), recurring_next_date=self._at(10)
        )
        for values in (
            {"date_end": False},
            {"date_end": self._at(10)},
            {"is_auto_renew": True},
        ):
            with self.assertRefusesTheSecond():
                self.line.write(values)
        with self.assertRefusesTheSecond():
            later.date_start = self._at(8)

    def test_what_is_saved_together_is_looked_at_together(self):
        self.line.date_end = self._at(9)
        later = self._create_line(
            self.courses, date_start=self._at(10), recurring_next_date=self._at(10)
        )

        def save(until, begin):
            dates = {"date_start": begin, "recurring_next_date": begin}
            self.contract.contract_line_ids = [
                Command.update(self.line.id, {"date_end": until}),
                Command.update(later.id, dates),
            ]

        with self.assertRefusesTheSecond():
            save(self._at(20), self._at(20))
        save(self._at(20), self._at(21))
        other = self._create_line(self.internet)
        become_sva = Command.update(other.id, {"product_id": self.product.id})
        with self.assertRefusesTheSecond():
            self.contract.contract_line_ids = [
                Command.delete(self.line.id),
                become_sva,
            ]
        self.contract.contract_line_ids = [
            Command.delete(self.line.id),
            Command.delete(later.id),
            become_sva,
        ]
        self.assertEqual(self._sva_line(), other)

    def test_a_line_that_renews_itself_goes_on(self):
        self.line.write({"date_end": self._at(9), "is_auto_renew": True})
        with self.assertRefusesTheSecond():
            self._create_line(
                self.courses, date_start=self._at(10), recurring_next_date=self._at(10)
            )
        self.line.renew()
        self.assertGreater(self.line.date_end, self._at(300))

    def test_what_is_bought_may_be_more_than_one(self):
        contract = self._contract(
            self.customer, self.product + self.courses, contract_type="purchase"
        )
        self.assertEqual(len(contract.contract_line_ids), 2)

    def test_a_cancelled_one_does_not_count(self):
        self.line.cancel()
        self._create_line(self.courses)
        with self.assertRefusesTheSecond():
            self.line.uncancel(self.today)

    def test_another_platform_may_stand_beside(self):
        other = self.env["res.company"].create({"name": "Outra"})
        abroad = self._integration(company_id=other.id)
        package = self.env["sva.package"].create(
            {"integration_id": abroad.id, "code": "X", "name": "X"}
        )
        line = self._create_line(self._sva_product("Outra plataforma", package))
        self.assertEqual(self._sva_line(), self.line + line)

    def test_an_upgrade_by_a_successor(self):
        self.line.stop(self._at(9), manual_renew_needed=True)
        successor = self.line.plan_successor(self._at(10), False, False)
        successor.product_id = self.courses
        self.assertEqual(
            (self.line.product_id, successor.product_id), (self.product, self.courses)
        )
        self.assertEqual(successor.price_unit, 39.9)

    def test_a_plan_sells_one(self):
        lines = [Command.create({"product_id": self.product.id, "name": "Livros"})]
        plan = self.env["contract.template"].create(
            {"name": "Livros", "contract_line_ids": lines}
        )
        with self.assertRefusesTheSecond():
            plan.contract_line_ids = [
                Command.create({"product_id": self.courses.id, "name": "Cursos"})
            ]

    def test_a_base_that_had_two_goes_on(self):
        """Products that became SVA, or contracts from before the second was refused."""
        self.internet.write(
            {
                "sva_integration_id": self.integration.id,
                "sva_package_id": self._package("SABER-CURSOS").id,
            }
        )
        lines = self.contract.contract_line_ids
        self.assertEqual(lines.mapped("service_type"), ["sva", "sva"])
        lines.write({"date_end": self._at(9), "is_auto_renew": True})
        self.contract.company_id.create_new_line_at_contract_line_renew = True
        renewed = lines.renew()
        self.assertEqual(len(renewed - lines), 2)
        for line in renewed:
            line.stop(self._at(30))
        lines[0].cancel()
        with self.assertRefusesTheSecond():
            self._create_line(self.product)

    def test_two_at_the_same_moment(self):
        """Both touch the contract, so that the database lets only one of them."""
        contract = self._contract(self.customer, self.internet)
        self._end_of_request()
        self.env.cr.execute(
            "UPDATE contract_contract SET write_date = write_date - interval '1 day'"
        )
        query = SQL("SELECT ctid FROM contract_contract WHERE id = %s", contract.id)
        before = self.env.execute_query(query)
        values = self._line_values(self.product, contract_id=contract.id)
        self.env["contract.line"].create(values)
        self.env.flush_all()
        self.assertNotEqual(self.env.execute_query(query), before)
