"""Contracts that sell no SVA: invoiced, posted and paid, with these addons and without.

Queries are counted, not seconds: so few more of them are lost in what else varies.
"""

from dev.database import Databases

from .figures import Figure
from .shell import timed_runs

CONTRACTS = 100
#: queries that each step may take more
AT_MOST = 5
STEPS = {"invoice": "invoicing", "post": "posting", "pay": "paying"}

MEASURE = f"""
from odoo import Command, fields

today = fields.Date.context_today(env.user)
product = env["product.product"].create({{"name": "Fibra", "type": "service"}})

def contracts():
    partners = env["res.partner"].create(
        [{{"name": f"Cliente {{number}}"}} for number in range({CONTRACTS})])
    some = env["contract.contract"].create([
        {{
            "name": partner.name, "partner_id": partner.id, "line_recurrence": True,
            "contract_line_ids": [Command.create({{
                "product_id": product.id, "name": "Fibra", "price_unit": 100,
                "date_start": today, "recurring_next_date": today}})],
        }}
        for partner in partners])
    env.cr.commit()
    return some

def count(name, work):
    env.invalidate_all()
    before = env.cr.sql_log_count
    result = work()
    env.cr.commit()
    print("RUN", name, {CONTRACTS}, env.cr.sql_log_count - before)
    return result

def pay(invoices):
    wizard = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoices.ids)
    wizard.create({{"group_payment": False}})._create_payments()
    assert set(invoices.mapped("payment_state")) <= {{"paid", "in_payment"}}

# the first fills the caches
for _run in range(2):
    some = contracts()
    invoices = count("invoice", some._recurring_create_invoice)
    assert len(invoices) == {CONTRACTS}, len(invoices)
    count("post", invoices.action_post)
    count("pay", lambda: pay(invoices))
"""


def run(databases: Databases) -> list[Figure]:
    """Count the queries of each step on :data:`CONTRACTS` contracts."""
    name = databases.copy("bench")
    bare = _queries(databases, name)
    databases.install(name)
    ours = _queries(databases, name)
    databases.drop(name)
    return [
        Figure(
            f"{words} for {CONTRACTS} contracts that sell no SVA, beside the "
            f"{bare[step]} queries without these addons",
            ours[step] - bare[step],
            "queries more",
            AT_MOST,
        )
        for step, words in STEPS.items()
    ]


def _queries(databases: Databases, name: str) -> dict[str, int]:
    """By step, the queries of the last run."""
    runs = timed_runs(databases.odoo, name, MEASURE)
    return {step: int(seen[-1][1]) for step, seen in runs.items()}
