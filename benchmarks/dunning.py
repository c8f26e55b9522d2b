"""What the daily action takes, beside the one SQL query that one would write.

Over a provider of 100,000 contracts that all owe something, and none of which is to
move today; and beside Odoo's own write, where 2,000 are. Contracts and invoices are
copied in SQL from one of each that Odoo has made.
"""

from dev.database import Databases

from .copies import FIRST, copy_provider
from .figures import RUNS, Figure
from .shell import timed_runs, typical_seconds

CONTRACTS = 102_000
MONTHS = 3
#: contracts that owe their last invoice
OVERDUE = 100_000
#: contracts that have paid what they were told of
MOVED = CONTRACTS - OVERDUE
#: what the daily action may take of its yardsticks
AT_MOST = 1.5

SETTINGS = """
env.company.write({
    "contract_notice_after_days": 30,
    "contract_block_after_notice_days": 15,
    "contract_cancel_after_block_days": 60,
})
env.cr.commit()
"""

#: what one would write, over the tables as Odoo and OCA make them
YARDSTICK = """
SELECT line.contract_id, MIN(due.date_maturity), SUM(due.amount_residual)
  FROM account_move_line AS due
  JOIN account_account AS account ON account.id = due.account_id
  JOIN account_move AS invoice ON invoice.id = due.move_id
  JOIN LATERAL (
        SELECT DISTINCT line.contract_id
          FROM account_move_line AS sold
          JOIN contract_line AS line ON line.id = sold.contract_line_id
         WHERE sold.move_id = invoice.id
       ) AS line ON TRUE
 WHERE account.account_type = 'asset_receivable'
   AND due.parent_state = 'posted'
   AND due.amount_residual > 0
   AND due.date_maturity < CURRENT_DATE
   AND invoice.move_type = 'out_invoice'
   AND invoice.payment_state NOT IN ('in_payment', 'paid', 'reversed')
 GROUP BY line.contract_id
"""

MEASURE = f"""
from functools import partial
from odoo.addons.contract_access.models.contract_dunning import BATCH_SIZE
from odoo.addons.contract_access.transaction import run
from odoo.tools import SQL, split_every

dunning = env["contract.dunning"]
paid = env["contract.contract"].search([("id", ">=", {FIRST + OVERDUE})])
assert len(paid) == {MOVED}, len(paid)

def yardstick():
    assert len(env.execute_query(SQL({YARDSTICK!r}))) >= {OVERDUE}

def daily():
    dunning._cron_contract_lifecycle()

def move(moves):
    for batch in split_every(BATCH_SIZE, moves, list):
        run(env, partial(dunning._move_batch, batch))

def told():
    env.cr.execute(
        "UPDATE contract_contract SET access_status = 'overdue' WHERE id >= %s",
        [{FIRST + OVERDUE}])
    env.cr.commit()
    env.invalidate_all()

daily()  # fills the caches
for _run in range({RUNS}):
    timed("query", {OVERDUE}, yardstick)
    timed("daily", {OVERDUE}, daily)
    told()
    timed("write", {MOVED}, lambda: paid.write({{"access_status": "active"}}))
    told()
    moves = dunning._moving(dunning._rules())
    assert len(moves) == {MOVED}, len(moves)
    timed("move", {MOVED}, lambda: move(moves))
"""


def run(databases: Databases) -> list[Figure]:
    """Measure a day on which nothing moves, and one on which many do."""
    with databases.fresh("bench") as name:
        databases.odoo.shell(name, SETTINGS)
        copy_provider(databases.odoo, name, CONTRACTS, MONTHS, OVERDUE)
        runs = timed_runs(databases.odoo, name, MEASURE)
    seconds = typical_seconds(runs)
    return [
        Figure(
            f"daily action, {OVERDUE} overdue contracts, nothing to move",
            seconds["daily"],
            "s",
            AT_MOST,
            "the one SQL query that finds them",
            seconds["query"],
        ),
        Figure(
            f"{MOVED} of its contracts moved",
            seconds["move"],
            "s",
            AT_MOST,
            "the ORM's write alone, tracking on",
            seconds["write"],
        ),
    ]
