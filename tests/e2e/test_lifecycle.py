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
        "product_id": env["product.product"].create(
            {"name": "Fibra", "type": "service"}).id,
        "name": "Fibra", "date_start": "2026-01-01",
        "recurring_next_date": "2026-01-01", "price_unit": 10})],
})
"""


def test_uninstall_install(databases, copy):
    odoo = databases.odoo
    with copy("life") as name:
        output = odoo.shell(
            name,
            CONTRACT
            + """
back = contract.copy({"name": "Voltou"})
(contract + back).action_blacklist("Não pagou")
module = env["ir.module.module"].search([("name", "=", "contract_access")])
module.button_immediate_uninstall()
""",
        )
        assert complaints(output) == []

        # sold without the addon: it goes on, has ended, and is to end
        output = odoo.shell(
            name,
            CONTRACT
            + """
env["contract.contract"].cron_recurring_create_invoice()
print("LEFT", "sva.user" in env, "service_type" in env["contract.line"]._fields)
print("INVOICE", contract._get_related_invoices().amount_untaxed)
env.cr.execute(
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_name LIKE 'sva%' OR column_name LIKE 'sva%'"
    " OR column_name IN ('service_type', 'contract_status', 'access_status')"
)
print("COLUMNS", env.cr.fetchall())
contract.copy({"name": "Encerrado"}).write(
    {"is_terminated": True, "terminate_date": "2026-02-01"})
contract.copy({"name": "Aviso"}).write(
    {"is_terminated": True, "terminate_date": "2999-01-01"})
archived = [("name", "=", "Voltou"), ("active", "=", False)]
env["contract.contract"].search(archived).active = True
env.cr.commit()
""",
        )
        assert "LEFT False False" in output
        assert "INVOICE 10.0" in output
        assert "COLUMNS []" in output

        # given up before, it is not billed now, and given up when the addon is back,
        # but where the customer has come back meanwhile
        assert warnings_in(databases.install(name)) == []
        output = odoo.shell(
            name,
            """
contracts = env["contract.contract"].search(
    [("name", "in", ["Antes", "Voltou", "Encerrado", "Aviso"])], order="id")
for contract in contracts:
    print("STATUS", contract.name, contract.contract_status, contract.access_status,
          contract.active, len(contract._get_related_invoices()),
          contract.contract_line_ids.service_type)
lines = env["account.move.line"].search([("contract_line_id.name", "=", "Fibra")])
print("INVOICED", set(lines.mapped("service_type")))
""",
        )
        assert [line for line in output.splitlines() if "STATUS" in line] == [
            "STATUS Antes blacklisted disabled True 0 service",
            "STATUS Voltou active active True 0 service",
            "STATUS Antes active active True 1 service",
            "STATUS Encerrado inactive disabled True 0 service",
            "STATUS Aviso active active True 0 service",
        ]
        assert "INVOICED {'service'}" in output
