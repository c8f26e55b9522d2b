# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider with a contract."""

import os
from contextlib import ExitStack, closing, nullcontext
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tests import TransactionCase
from odoo.tools import SQL, mute_logger

from odoo.addons.mail.tests.common import mail_new_test_user

#: as many cases as there are; without it, as many as show what there is to see
FULL = bool(os.environ.get("FULL"))
CPFS = ("52998224725", "11144477735", "39053344705", "15350946056", "86288366757")


class ContractCase(TransactionCase):
    """Each test has a cursor that can be committed, as the daily action does it."""

    #: who works here, by the attribute: the arguments of `_operator`
    PEOPLE = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._stage = cls._set_the_stage()

    @classmethod
    def _set_the_stage(cls):
        """What every test of the class begins with, by its name; it is made once.

        The helpers below make it, for which there has to be a test; it is none of the
        class's own, and what it commits stays for all of them.
        """
        stage = cls()
        with (
            patch("odoo.modules.module.current_test", stage),
            stage.enter_registry_test_mode(),
            closing(cls.registry.cursor()) as cursor,
        ):
            stage._begin(cursor)
            cursor.commit()
        return {
            name: value
            for name, value in vars(stage).items()
            if isinstance(value, models.BaseModel)
        }

    def setUp(self):
        super().setUp()
        self._enter()

    def _enter(self):
        self.enterContext(self.enter_registry_test_mode())
        self._work_with(self.enterContext(closing(self.registry.cursor())))
        for name, records in self._stage.items():
            setattr(self, name, records.with_env(self.env))

    def _work_with(self, cursor):
        context = {**self.env.context, "tracking_disable": True}
        self.env = self.env(cr=cursor, context=context)

    def _begin(self, cursor):
        self._work_with(cursor)
        self.internet = self._product("Fibra 500 Mb")
        self.reason = self.env.ref("contract_access.terminate_reason_moved")
        self._prepare()
        self.customer = self._customer("Maria da Silva", CPFS[0])
        self.contract = self._contract(self.customer)
        for name, person in self.PEOPLE.items():
            setattr(self, name, self._operator(*person))
        self._finish_the_stage()

    def _prepare(self):
        """What there is before the first contract."""

    def _finish_the_stage(self):
        """What there is besides, of a class's own."""

    def _sold_products(self):
        """What a contract sells, if nothing else is said."""
        return self.internet

    def _product(self, name, **values):
        return (
            self.env["product.template"]
            .create({"name": name, "type": "service", "list_price": 29.9, **values})
            .product_variant_id
        )

    def _customer(self, name, cpf, phone="(11) 98765-4321"):
        return self.env["res.partner"].create(
            {
                "name": name,
                "vat": cpf,
                "phone": phone,
                "email": f"{cpf}@example.com",
                "country_id": self.env.ref("base.br").id,
            }
        )

    def _contract(self, customer, products=None, **values):
        if products is None:
            products = self._sold_products()
        return self.env["contract.contract"].create(
            {
                "name": f"Contrato de {customer.name}",
                "partner_id": customer.id,
                "line_recurrence": True,
                "contract_line_ids": [
                    Command.create(self._line_values(product)) for product in products
                ],
                **values,
            }
        )

    def _line_values(self, product, **values):
        return {
            "product_id": product.id,
            "name": product.name,
            "quantity": 1,
            "price_unit": product.list_price,
            "date_start": "2026-01-01",
            "recurring_next_date": "2026-01-01",
            "recurring_rule_type": "monthly",
            "recurring_interval": 1,
            **values,
        }

    def _invoice(self, contract, days_overdue=0, amount=100.0, **values):
        """A posted invoice of a contract, due some days ago."""
        due = contract._today() - timedelta(days=days_overdue)
        line = contract.contract_line_ids[:1]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": contract.partner_id.id,
                "company_id": contract.company_id.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "contract_line_id": line.id,
                            "price_unit": amount,
                            "tax_ids": [],
                        }
                    )
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def _invoicing(self, **context):
        """OCA's scheduled action, as Odoo runs it.

        :return: a contract to call its method with
        """
        return self._scheduled("contract.contract_cron_for_invoice", **context)

    def _scheduled(self, action, **context):
        """The model of a scheduled action, to call its method as Odoo calls it."""
        action = self.env.ref(action)
        progress = self.env["ir.cron.progress"].create({"cron_id": action.id})
        self.addCleanup(lambda: progress.exists().unlink())
        return self.env[action.model_name].with_context(
            cron_id=action.id, ir_cron_progress_id=progress.id, **context
        )

    def _terminate(self, day, contract=None, **values):
        """What OCA's wizard does."""
        self.env["contract.contract.terminate"].create(
            {
                "contract_id": (contract or self.contract).id,
                "terminate_reason_id": self.reason.id,
                "terminate_date": day,
                **values,
            }
        ).terminate_contract()

    def _pay(self, invoice, amount=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": amount} if amount else {})._create_payments()
        self._end_of_request()

    def _pay_on_account(self, amount, partner=None):
        """A payment that nobody has reconciled yet."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.customer).id,
                "amount": amount,
            }
        )
        payment.action_post()
        self._end_of_request()
        return payment

    def _queries(self, work):
        """How many queries something takes where nothing is cached."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        return self.env.cr.sql_log_count - before

    def _end_of_request(self):
        """What happens where a request ends, short of its commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _dun(self):
        """What the daily action does, and a second look at whom it moves."""
        self._end_of_request()
        dunning = self.env["contract.dunning"]
        rules = dunning._rules()
        # what is decided for all that are alike is what is decided for each
        moves = dunning._moves(dunning._candidates(rules), rules)
        self.assertLessEqual(set(moves), set(dunning._moving(rules)))
        self._run_daily_action()

    def _run_daily_action(self):
        self.env["ir.cron"]._commit_progress()
        self.env["contract.dunning"]._cron_contract_lifecycle()
        self.env.invalidate_all()

    def _switch_dunning_on(self, notice=1, block=15, cancel=60):
        self.env.company.write(
            {
                "contract_notice_after_days": notice,
                "contract_block_after_notice_days": block,
                "contract_cancel_after_block_days": cancel,
                # the tests run on every day of the week
                "contract_spare_days_off": False,
            }
        )

    def _deliver_notices(self, days_ago=0):
        """The mail server took the notices that are waiting, some days ago.

        :return: those of the test's contract
        """
        notices = self.env["contract.notice"].search([("state", "=", "outgoing")])
        notices._delivered()
        for notice in notices:
            notice.delivered_on -= timedelta(days=days_ago)
        self.env.flush_all()
        return notices & self.contract.notice_ids

    def _dun_until_blocked(self):
        """The notice, and the block that follows when it is old enough."""
        self._dun()
        days = self.env.company.contract_block_after_notice_days
        self._deliver_notices(days_ago=days)
        self._dun()

    def _dun_until_terminated(self):
        """The notice, the block, and the end that follows when that is old enough."""
        self._dun_until_blocked()
        days = timedelta(days=self.env.company.contract_cancel_after_block_days)
        self.contract.blocked_on -= days
        delivered = self.contract.notice_ids.filtered("delivered_on")
        for notice in delivered:
            notice.delivered_on -= days
        self._dun()

    def assertStatusPair(self, contract, contract_status, access_status):
        self.assertEqual(
            (contract.contract_status, contract.access_status),
            (contract_status, access_status),
        )

    def _operator(self, login="test_front_desk", group="group_contract_user"):
        """A user of a group, which is this addon's where its name has no other."""
        if "." not in group:
            group = f"{self.test_module}.{group}"
        return mail_new_test_user(self.env, login=login, groups=group)

    def _speak_portuguese(self):
        """Have the addons' translations, whatever the database was made with."""
        if self.env.ref("base.lang_pt_BR").active:
            return
        self.env["res.lang"]._activate_lang("pt_BR")
        addons = self.env["ir.module.module"].search(
            [("name", "in", ["contract_access", self.test_module])]
        )
        addons._update_translations("pt_BR")

    def assertFieldsGuarded(self, addon, but_not):
        """Each stored field that an addon adds to a model is guarded.

        :param but_not: the models that only administrators write
        """
        guarded = self.env["write.guard.mixin"]._guarded_modules()
        for name in sorted(self.env):
            model = self.env[name]
            ours = [
                field.name
                for field in model._fields.values()
                if addon in field._modules
                and guarded >= {*field._modules}
                and field.store
            ]
            if not model._auto or name in but_not or not ours:
                continue
            with self.subTest(name):
                self.assertTrue(hasattr(model, "_check_given"), ours)
                self.assertTrue(all(map(model._is_guarded, ours)))

    def assertRefused(self, exception, words):
        """The block raises, says these words, and leaves the database as it was."""
        stack = ExitStack()
        stack.enter_context(self.assertRaisesRegex(exception, words))
        stack.enter_context(self.env.cr.savepoint())
        return stack

    def assertCode(self, code, call, *arguments, commits=False, **options):
        """The call is refused with a code for programs; returns the refusal.

        :param commits: whether it commits, which no savepoint outlives
        """
        undone = nullcontext() if commits else self.env.cr.savepoint()
        in_brackets = rf"\[{code}\]$"
        with self.assertRaisesRegex(UserError, in_brackets) as raised, undone:
            call(*arguments, **options)
        self.assertEqual(raised.exception.context["code"], code)
        return raised.exception


class ClockCase(ContractCase):
    """The provider's clock is set by the test."""

    def setUp(self):
        super().setUp()
        self.clock = None

    def _on(self, day):
        """Set the provider's clock."""
        moment = f"{day} 15:00:00"
        if self.clock:
            self.clock.move_to(moment)  # to begin anew takes much longer
        else:
            self.clock = self.enterContext(freeze_time(moment))
        self.env.invalidate_all()

    def _invoices_due(self, contract):
        """What the scheduled action of invoicing makes, in as many runs as it takes."""
        before = contract._get_related_invoices()
        for _month in range(15):
            contracts = self.env["contract.contract"].search(
                contract._get_contracts_to_invoice_domain(contract._today())
                & Domain("id", "=", contract.id)
            )
            if not contracts:
                break
            contracts._recurring_create_invoice()
        return contract._get_related_invoices() - before


class RaceCase(ContractCase):
    """Real transactions, side by side; what they leave is deleted in the end."""

    #: what the tests make, in the order in which it can be deleted
    SWEPT = (
        "contract_notice_line",
        "contract_notice",
        "account_payment_register",
        "account_partial_reconcile",
        "account_full_reconcile",
        "account_payment",
        "account_move_line",
        "account_move",
        "contract_line",
        "contract_contract",
        "product_product",
        "product_template",
        "mail_activity",
        "mail_mail",
        "mail_message",
        "res_partner",
    )

    @classmethod
    def _set_the_stage(cls):
        return {}  # no other transaction would see it: each test makes and commits it

    def setUp(self):
        with self.registry.cursor() as cursor:
            self.before = {table: self._newest(cursor, table) for table in self.SWEPT}
            settings = self.env.company.read(
                [name for name in self.env.company._fields if "contract_" in name]
            )
        super().setUp()
        self.settings = settings[0]
        self.addCleanup(self._sweep)
        self._commit()

    def _enter(self):
        self._begin(self.enterContext(closing(self.registry.cursor())))

    def _newest(self, cursor, table):
        query = SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table))
        cursor.execute(query)
        return cursor.fetchone()[0]

    def _sweep(self):
        self.env.cr.rollback()
        for table in self.SWEPT:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE id > %s",
                    SQL.identifier(table),
                    self.before[table],
                )
            )
        self.env.invalidate_all()
        del self.settings["id"]
        self.env.company.write(self.settings)
        self._commit()

    def _commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _owe(self, invoice):
        """A debt that may lead to a block: the notice is old enough."""
        self._dun()
        self._deliver_notices(days_ago=15)
        self._commit()
        return invoice

    def _settle(self, invoice):
        """A payment, for `_side_by_side`."""

        def pay(env):
            wizard = env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({})._create_payments()

        return pay

    def _move(self, env):
        """What dunning does to the contract, for `_side_by_side`."""
        env["contract.dunning"]._move_batch(self.contract.ids)

    def _side_by_side(self, first, second):
        """One thing is done between the beginning and the end of another.

        :param first: called with an environment; committed before the other has begun
            to work, but not before it has begun
        :param second: likewise; tried again as Odoo does it for every request
        """
        with (
            self.registry.cursor() as one,
            self.registry.cursor() as other,
            # nobody else is at work for whom it would have to wait
            patch(
                "odoo.service.model.random", SimpleNamespace(uniform=lambda *_range: 0)
            ),
            mute_logger("odoo.sql_db", "odoo.service.model"),
        ):
            other.execute("SELECT 1")  # what it sees of the others ends here
            for cursor, work in ((one, first), (other, second)):
                env = self.env(cr=cursor)
                retrying(lambda work=work, env=env: work(env), env)
                cursor.commit()
        self.env.cr.rollback()
        self.env.invalidate_all()
