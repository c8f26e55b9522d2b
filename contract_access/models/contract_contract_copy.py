# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A copy of a contract is a new contract: it begins today."""

from odoo import models

from ..rules import PRE_CONTRACT

#: what follows from the lines, or is of the day on which a contract is made
OF_TODAY = ("date", "date_start", "date_end", "recurring_next_date")


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def copy_data(self, default=None):
        """Leave the dates behind, and the lines that were over in the contract's time.

        The former dates would count for the customer's right to withdraw, and what lies
        before the next invoice as invoiced. Code of this server has the whole copy, as
        OCA makes it.
        """
        rows = super().copy_data(default)
        if self.env.su:
            return rows
        for contract, values in zip(self, rows, strict=True):
            for name in OF_TODAY:
                if name not in (default or {}):
                    values.pop(name, None)
            if contract._status_pair() == PRE_CONTRACT:
                values.setdefault("contract_status", contract.contract_status)
            # in the order in which they were copied
            lines = contract.contract_line_ids.sorted("id")
            commands = values.get("contract_line_ids")
            if commands and "contract_line_ids" not in (default or {}):
                values["contract_line_ids"] = [
                    command
                    for line, command in zip(lines, commands, strict=True)
                    if line._begin_anew(command[2])
                ]
        return rows


class ContractLine(models.Model):
    _inherit = "contract.line"

    def copy_data(self, default=None):
        rows = super().copy_data(default)
        for values in rows:
            # of a line that was invoiced to its end, which its copy was not
            if values and not values.get("recurring_next_date"):
                values.pop("recurring_next_date", None)
        return rows

    def _begin_anew(self, values):
        """Put the dates of a copy of the line right.

        :param values: of the copy; changed
        :return: whether it belongs in a new contract
        """
        today = self.contract_id._today()
        if self.before_termination:
            # it would have gone on
            values["date_end"] = self.before_termination["date_end"]
        is_over = values["date_end"] and str(values["date_end"]) < str(today)
        if self.is_canceled or is_over:
            return False
        values["date_start"] = max(self.date_start or today, today)
        values.pop("recurring_next_date", None)
        return True
