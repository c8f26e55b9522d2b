"""Installing, uninstalling, installing again: without a word of complaint."""

import pytest

from dev.odoo import complaints, warnings_in

# minutes where the machine has other work
pytestmark = pytest.mark.timeout(900)

CONTRACT = """
from odoo import Command
partner = env["res.partner"].create({"name": "Antes"})
contract = env["contract.contract"].create({
    "name": "Antes",
    "partner_id": partner.id,
    "line_recurrence": True,
    "contract_line_ids": [Command.create({
        "product_id": env.ref("product.product_product_1").id,
        "name": "Fibra", "date_start": "2026-01-01",
        "recurring_next_date": "2026-01-01", "price_unit": 10})],
})
"""


def test_install_uninstall_install(databases):
    odoo = databases.odoo
    name = databases.copy("life")
    odoo.shell(
        name,
        CONTRACT
        + """
ended = contract.copy()
ended.write({"is_terminated": True, "terminate_date": "2026-02-01"})
coming = contract.copy()
coming.write({"is_terminated": True, "terminate_date": "2999-01-01"})
contract._recurring_create_invoice()
env.cr.commit()
""",
    )
    assert warnings_in(databases.install(name)) == []
    output = odoo.shell(
        name,
        """
contracts = env["contract.contract"].search([("name", "=like", "Antes%")])
for contract in contracts.sorted("id"):
    print("STATUS", contract.contract_status, contract.access_status,
          contract.contract_line_ids.service_type)
lines = env["account.move.line"].search([("contract_line_id.name", "=", "Fibra")])
print("INVOICED", set(lines.mapped("service_type")))
given_up = env["contract.contract"].search([("name", "=", "Antes")])
back = given_up.sorted("id")[0].copy({"name": "Voltou"})
(given_up + back).action_blacklist("Não pagou")
module = env["ir.module.module"].search([("name", "=", "contract_access")])
module.button_immediate_uninstall()
""",
    )
    assert complaints(output) == []
    assert [line for line in output.splitlines() if "STATUS" in line] == [
        "STATUS active active service",
        "STATUS inactive disabled service",
        "STATUS active active service",
    ]
    assert "INVOICED {'service'}" in output

    output = odoo.shell(
        name,
        CONTRACT
        + """
env["contract.contract"].cron_recurring_create_invoice()
invoice = contract._get_related_invoices()
print("LEFT", "sva.user" in env, "service_type" in env["contract.line"]._fields)
print("INVOICE", invoice.amount_untaxed)
env.cr.execute(
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_name LIKE 'sva%' OR column_name LIKE 'sva%'"
    " OR column_name IN ('service_type', 'contract_status', 'access_status')"
)
print("COLUMNS", env.cr.fetchall())
archived = [("name", "=", "Voltou"), ("active", "=", False)]
env["contract.contract"].search(archived).active = True
env.cr.commit()
""",
    )
    assert "LEFT False False" in output
    assert "INVOICE 10.0" in output
    assert "COLUMNS []" in output

    # given up before, it is not billed now, and given up when the addon is back, but
    # where the customer has come back meanwhile
    assert warnings_in(databases.install(name)) == []
    output = odoo.shell(
        name,
        """
contracts = env["contract.contract"].search([("name", "=", "Antes")], order="id")
old, *_others, new = contracts
print("AGAIN", old.contract_status, old.access_status, old.active)
print("INVOICES", len(old._get_related_invoices()))
print("NEW", new.contract_status, new.access_status, new.active)
back = env["contract.contract"].search([("name", "=", "Voltou")])
print("BACK", back.contract_status, back.access_status)
""",
    )
    assert "AGAIN blacklisted disabled True" in output
    assert "INVOICES 1" in output
    assert "NEW active active True" in output
    assert "BACK active active" in output
    databases.drop(name)
