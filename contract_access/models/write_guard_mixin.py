# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people and programs may write, and what they may have computed from."""

from odoo import Command, api, models
from odoo.exceptions import MissingError

from ..exceptions import InvalidError, RefusedError
from ..remote import check_ids, check_names, check_rows, check_values


class WriteGuardMixin(models.AbstractModel):
    """Closes every field of our addons that a model does not open.

    Whoever is not superuser writes what :meth:`_open_to_create` and
    :meth:`_open_to_write` name, by whichever way (create, write, import, the web
    client's forms); the addons' own code writes the rest as superuser. A default that
    is given for a closed field (``default_…`` in the context, ``ir.default``) is
    ignored, for the superuser too: that context may come from outside.

    Computed fields are computed as superuser, on a form's new records too. So a record
    that somebody may not read is refused before anything is computed from it.
    """

    _name = "write.guard.mixin"
    _description = "Write Guard"

    @api.model
    def _guarded_modules(self):
        """The addons whose fields are guarded; each that has some adds its name."""
        return {"contract_access"}

    @api.model
    def _open_to_write(self):
        """The names of the guarded fields that people may change."""
        return frozenset()

    @api.model
    def _open_to_create(self):
        """The names of the guarded fields that people may give for a new record."""
        return self._open_to_write()

    @api.model
    def _chosen_relations(self):
        """The names of the fields by which people choose a record to compute from."""
        return {
            name
            for name in self._open_to_create() | self._open_to_write()
            if self._fields[name].type == "many2one"
        }

    @api.model
    def _is_guarded(self, name):
        field = self._fields.get(name)
        return bool(
            field and field._modules and self._guarded_modules() >= {*field._modules}
        )

    @api.model
    def _closed(self, names, is_new):
        """Which of these fields people may not write."""
        opened = self._open_to_create() if is_new else self._open_to_write()
        return [n for n in names if n not in opened and self._is_guarded(n)]

    def _check_given(self, *vals_list, is_new=False):
        """Check what somebody wants to write; models that look at it first call it.

        :raises AccessError: they may not do so, or may not read what is chosen
        :raises UserError: a closed field is among it
        """
        if self.env.su:
            return
        check_ids(self)
        for vals in vals_list:
            check_values(self.env, vals)
        self.check_access("create" if is_new else "write")
        for vals in vals_list:
            closed = self._closed(vals, is_new)
            if not is_new:
                # whoever gives again what was given for the new record changes nothing
                closed = [n for n in closed if not self._was_given(n, vals[n])]
            if closed:
                raise self._refusal(closed)
        self._check_readable(*vals_list)

    def _was_given(self, name, value):
        """Whether a field that is open for a new record has this value already."""
        field = self._fields.get(name)
        if not field or name not in self._open_to_create():
            return False
        is_plain = field.store and field.type not in ("one2many", "many2many", "json")
        if not is_plain or not self._has_field_access(field, "read"):
            return False
        try:
            return all(
                field.convert_to_record(field.convert_to_cache(value, row), row)
                == row[name]
                for row in self
            )
        except (TypeError, ValueError):
            return False

    def _check_complete(self, *vals_list):
        """Refuse rows that lack what is required, before the database does.

        It would write the whole row into the log, a person's data among it.

        :raises ValidationError: names what is missing
        """
        required = [
            field
            for name, field in self._fields.items()
            if field.required and field.store and self._is_guarded(name)
        ]
        missing = {
            field._description_string(self.env): None
            for vals in vals_list
            for field in required
            if field.name in vals
            and field.convert_to_column_insert(vals[field.name], self) is None
        }
        if missing:
            raise InvalidError(
                self.env._(
                    "%(what)s: missing are %(fields)s.",
                    what=self.env["ir.model"]._get(self._name).name,
                    fields=", ".join(missing),
                ),
                "field_missing",
            )

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        everything = dict.fromkeys(self._fields)
        self._check_complete(*({**everything, **vals} for vals in result))
        return result

    def _refusal(self, names):
        """What to raise where somebody writes closed fields."""
        labels = [self._fields[name]._description_string(self.env) for name in names]
        return RefusedError(
            self.env._("These fields cannot be written: %s.", ", ".join(labels)),
            "field_closed",
            self,
        )

    def _check_readable(self, *vals_list):
        """Refuse records that somebody chooses and may not read.

        :param vals_list: as for ``create`` and ``write``, or as a form sends them
        :raises AccessError: one of them is not for this user
        :raises MissingError: there is no such record; the database would write the
            whole row into the log with its refusal
        """
        for name in self._chosen_relations():
            ids = {chosen_id(vals.get(name)) for vals in vals_list} - {None}
            if not ids:
                continue
            chosen = self.env[self._fields[name].comodel_name].browse(ids)
            # sudo: that there is none is no secret
            if chosen.sudo().exists() != chosen:
                raise MissingError(
                    self.env._(
                        "What was chosen for “%s” does not exist.",
                        self._fields[name]._description_string(self.env),
                    )
                )
            chosen.check_access("read")

    def _form_values(self, values):
        """What a form has sent, as far as something may be computed from it.

        A form also sends what it shows and people may not write: of that, records are
        left out that they may not read. Forms within this one, and the form that it is
        in, are looked at alike.

        :raises AccessError: somebody has chosen what they may not read
        """
        self._check_readable(values)
        closed = self._closed(values, is_new=not self)
        values = dict(values)
        for name, value in list(values.items()):
            field = self._fields.get(name)
            if not value or not field or not field.relational:
                continue
            comodel = self.env[field.comodel_name]
            shown = comodel.browse(_ids_in(value))
            if name in closed and not shown.exists().has_access("read"):
                del values[name]
            elif not hasattr(comodel, "_form_values"):
                continue
            elif isinstance(value, dict):
                shown.check_access("read")
                values[name] = shown._form_values(value)
            elif isinstance(value, list):
                values[name] = [comodel._form_item(item) for item in value]
        return values

    @api.model
    def _form_item(self, item):
        """An id, values or a command of a form's list; see :meth:`_form_values`."""
        record = self.browse(_ids_in([item]))
        record.check_access("read")
        if isinstance(item, dict):
            return record._form_values(item)
        if isinstance(item, list | tuple) and item[0] in (
            Command.CREATE,
            Command.UPDATE,
        ):
            command, id_, values = item
            return (command, id_, record._form_values(values or {}))
        return item

    def onchange(self, values, field_names, fields_spec):
        if self.env.su:
            return super().onchange(values, field_names, fields_spec)
        check_ids(self)
        check_values(self.env, values)
        check_names(self.env, "field_names", field_names)
        values = self._form_values(values)
        if any(name not in values for name in field_names):
            return {"value": {}}
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        check_names(self.env, "fields", fields)
        closed = self._closed(fields, is_new=True)
        values = super().default_get([name for name in fields if name not in closed])
        for name in closed:
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, False)
                values[name] = field.convert_to_write(value, self)
        if not self.env.su:
            self._check_readable(values)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        return super().create(vals_list)

    def write(self, vals):
        self._check_given(vals)
        if not self.env.su:
            # what is left of these is there already
            closed = self._closed(vals, is_new=False)
            vals = {name: value for name, value in vals.items() if name not in closed}
        self._check_complete(vals)
        return super().write(vals)


def chosen_id(value):
    """The id of a chosen record; None where there is none yet, -1 where it is no id."""
    if isinstance(value, dict):
        value = next(iter(_ids_in(value)), None)
    if isinstance(value, models.BaseModel):
        value = value.id
    if not value:
        return None
    return value if type(value) is int else -1


def _ids_in(value):
    """The ids of the saved records in what a form sends as a relation's value."""
    if isinstance(value, dict):
        return _ids_in(value.get("id"))
    if not isinstance(value, list | tuple):
        return [value] if type(value) is int and value else []
    ids = []
    for item in value:
        if isinstance(item, list | tuple):
            command, *rest = item
            item = rest[-1] if command == Command.SET else next(iter(rest), None)
        ids += _ids_in(item)
    return ids
