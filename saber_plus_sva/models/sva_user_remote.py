# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""SVA users as other programs work on them: again, and many with a result for each."""

from odoo import api, models
from odoo.exceptions import MissingError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.contract_access.exceptions import message_of
from odoo.addons.contract_access.remote import check_called_on, result, wrong_type

from ..exceptions import PENDING

#: what a refusal of the platform, by its code, is to programs; else it is just that
REFUSALS = {"cpf_already_registered": "cpf_on_platform", "wrong_key": "no_key"}


class SvaUser(models.Model):
    _inherit = "sva.user"

    @api.model
    def create_partial(self, vals_list):
        """Create SVA users; one that cannot be created does not stop the others.

        :param vals_list: as for ``create``
        :return: for each, in their order, a dict as of
            :func:`..contract_access.remote.result_of_each`; ``id`` is False where none
            was created
        """
        self.check_access("create")
        if not isinstance(vals_list, list):
            raise wrong_type(self.env, "vals_list")
        return self._create_each(vals_list)

    def _create_each(self, vals_list):
        """All in one go; where that fails, one half after the other."""
        if not vals_list:
            return []
        try:
            with self.env.cr.savepoint():
                return [result(user) for user in self.create(vals_list)]
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(vals_list) == 1:
                return [result(self.browse(), error)]
        middle = len(vals_list) // 2
        first = self._create_each(vals_list[:middle])
        return first + self._create_each(vals_list[middle:])

    def unlink(self):
        if not self.env.su:
            check_called_on(self)
        # whoever repeats it, because the answer was lost, has what was asked for
        return super(SvaUser, self.exists()).unlink()

    def _changes(self, vals):
        """Of values that somebody wants to write, those that are not there already."""
        if len(self.partner_id.country_id) <= 1:
            vals = self._clean(vals, self.partner_id[:1])
        return {
            name: value
            for name, value in vals.items()
            if not self._was_given(name, value)
        }

    def _sync_each(self):
        """Synchronise these rows now, and say what became of each."""
        failures = {}
        for user in self:
            try:
                user._check_workable()
            except UserError as error:
                failures[user.id] = error
        users = self.filtered(lambda user: user.id not in failures)
        # sudo: an account is not for everybody to read
        for group in users.grouped(lambda user: user.sudo().integration_id).values():
            try:
                self.env["sva.engine"]._sync_now(group)
            except UserError:
                # each row says by itself what became of it
                continue
        return [
            result(user, failures[user.id])
            if user.id in failures
            else user._sync_result()
            for user in self
        ]

    def _check_workable(self):
        if not self.exists():
            raise MissingError(self.env._("There is no such SVA user."))
        self.check_access("write")

    def _sync_result(self):
        if not self.exists():  # deleted meanwhile
            return result(self, MissingError(self.env._("There is no such SVA user.")))
        code, message = self._sync_problem() or ("", "")
        return {"id": self.id, "ok": not code, "code": code, "message": message}

    def _sync_problem(self):
        """What keeps this user from being in sync.

        :return: a code and a sentence; None where it is in sync
        """
        # sudo: failures are kept for technicians, and told to whoever asks
        row = self.sudo()
        if row.sync_state == "synced":
            return None
        error = self.sync_error or ""
        if row.sync_state == "failed":
            return REFUSALS.get(row.error_code, "platform_refused"), error
        account = row.integration_id.with_env(self.env).sudo()
        if account._is_paused():
            # there is no error where a person has paused it
            reason = error or account.connection_error
            return account._pause_code(), reason or message_of(account._away())
        return (
            "platform_failed" if error else PENDING,
            error or self.env._("not in sync with the platform yet"),
        )
