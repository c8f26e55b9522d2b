"""Who may do what from outside: a table that this test makes anew and compares."""

import json
import os
import re

import pytest

from dev.paths import ROOT

from ..support.cases import FULL
from ..support.in_process import answering
from ..support.provider import TOKEN
from ..support.rights import (
    ARGUMENTS,
    LAST,
    LAST_MODELS,
    OPERATORS,
    PASSWORD,
    PROTOCOLS,
    ROLES,
    SVA_PASSWORD,
    WORLD,
    Caller,
    Table,
    columns_of,
)

# minutes where the machine has other work
pytestmark = pytest.mark.timeout(2400)

BOTH = ("own", "other")
#: who tries with whose records: on every run those that have least, and the other
#: company's manager what must be nothing; everybody everything with ``FULL=1``, and
#: where the table is written
FEW = {"portal": BOTH, "front_desk": BOTH, "other_manager": ("other",)}
TRYING = dict.fromkeys(ROLES, BOTH) if FULL or os.environ.get("WRITE") else FEW
TABLE = ROOT / "docs" / "rights.md"
MARK = "<!-- what follows is made by tests/e2e/test_rights.py -->\n"
#: the columns that hold a CPF by their purpose
CPF_COLUMNS = {
    ("res_partner", "vat"),
    ("sva_user", "cpf_cnpj"),
    ("sva_user", "username"),
    ("sva_user_removal", "cpf_cnpj"),
    ("sva_bill_line", "cpf_cnpj"),
    ("sva_bulk_operation_line", "cpf_cnpj"),
    ("sva_divergence", "cpf_cnpj"),
    ("sva_divergence", "username"),
    ("sva_usage", "cpf_cnpj"),
}


#: everything is tried over both; on every run, within Odoo but for what may be written
OVER_HTTP = FULL or os.environ.get("WRITE")


@pytest.fixture(scope="module", params=PROTOCOLS if FULL else ["xml_rpc"])
def protocol(request):
    return request.param


@pytest.fixture(scope="module")
def server_options(protocol):  # a world of its own for each
    return {
        # only what is asked for from outside
        "max_cron_threads": 0,
        "log_level": "debug",
        "log_handler": ":DEBUG,odoo.sql_db:INFO",
    }


@pytest.fixture(scope="module")
def world(provider):
    script = WORLD.format(
        roles=ROLES,
        password=PASSWORD,
        url=provider.platform.url,
        token=TOKEN,
        sva_password=SVA_PASSWORD,
    )
    output = provider.databases.odoo.shell(provider.server.database, script)
    return json.loads(re.search(r"^WORLD (.*)$", output, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def logs(provider, tmp_path_factory):
    """Where Odoo has written what it did."""
    return [provider.server.log, tmp_path_factory.mktemp("odoo") / "log"]


@pytest.fixture(scope="module")
def models(provider, world, logs):
    """What answers over XML-RPC; None is the server."""
    if OVER_HTTP:
        yield None
        return
    odoo, database = provider.databases.odoo, provider.server.database
    with answering(odoo, database, logs[1]) as models:
        yield models


@pytest.fixture(scope="module")
def callers(provider, world, protocol, models):
    return {
        role: Caller(
            *(provider.server, role, world["users"][role], world["keys"][role]),
            *(protocol, models),
        )
        for role in TRYING
    }


@pytest.fixture(scope="module")
def table(world, callers):
    """Everything is tried once."""
    table = Table()
    models = sorted(world["models"], key=lambda name: (name in LAST_MODELS, name))
    # what changes the world comes last
    for whose in BOTH:
        for role, tried in TRYING.items():
            for model in models:
                key = _world(role, whose)
                # what may be read of one's own is asked for of the others'
                noted = table if whose in tried else Table()
                attempt = Attempt(noted, callers[role], world, model, whose, key)
                attempt.read()
                if whose in tried:
                    attempt.go_on()
    for whose in reversed(BOTH):
        for role in [role for role, tried in TRYING.items() if whose in tried]:
            for model in models:
                key = _world(role, whose)
                _try_methods(table, callers[role], world, model, whose, key)
    return table


def _world(role, whose):
    if whose == "own":
        return role
    return "ours" if role == "other_manager" else "theirs"


class Attempt:
    """What one role tries with one record of a model."""

    def __init__(self, table, caller, world, model, whose, key):
        self.table, self.caller, self.model, self.whose = table, caller, model, whose
        self.fields = world["models"][model]["fields"]
        self.given_once = world["models"][model]["given_once"]
        self.searchable = world["models"][model]["searchable"]
        row = world["worlds"][key][model]
        self.ids, self.values = [row["id"]], row["values"]
        self.chosen = [
            name
            for name, type_ in self.fields.items()
            if type_ == "many2one" and self.values[name]
        ]
        self.is_open = caller.once(model, "search_count", domain=[])[0] != "denied"

    def go_on(self):
        self.write()
        self.create()
        self.defaults()
        self.onchange()
        self.load()
        self.search()

    def _call(self, method, ids=None, **arguments):
        return self.caller.call(self.model, method, ids, **arguments)

    def _add(self, operation, outcome, name="all"):
        row = (self.model, operation, self.whose, self.caller.role)
        self.table.add(*row, outcome, name)

    def _parts(self, is_open):
        """Each field by itself where something is allowed, else all at once."""
        names = list(self.fields)
        if is_open and self.whose == "own":
            return [[name] for name in names]
        return [names]

    def _may(self, operation):
        asked = self.caller.once(self.model, "has_access", [], operation=operation)
        return asked[1] is True

    def read(self):
        readable = []
        parts = self._parts(self.is_open)
        if self._call("read", self.ids, fields=list(self.fields))[0] == "yes":
            parts = [list(self.fields)]
        for part in parts:
            outcome = self._call("read", self.ids, fields=part)[0]
            readable += part if outcome == "yes" else ()
            for name in part:
                self._add("read", outcome, name)
        self.seen = self.caller.readable.setdefault(self.model, readable)
        # of others' records, what one may read of one's own: a field that nobody may
        # read would be what is denied
        known = readable or self.seen or list(self.fields)
        self.spec = {name: {"fields": {"display_name": {}}} for name in known}
        for method, arguments in (
            ("web_read", {"specification": self.spec}),
            ("export_data", {"fields_to_export": known}),
        ):
            self._add(method, self._call(method, self.ids, **arguments)[0])
        if self.is_open and self.whose == "own":
            self._look_behind(set(self.fields) - set(readable))

    def _look_behind(self, hidden):
        """What may not be read is not told by another way either."""
        for name in hidden:
            tries = [
                ("web_read", self.ids, {"specification": {name: {}}}),
                ("export_data", self.ids, {"fields_to_export": [name]}),
            ]
            # of a list that is closed, Odoo tells of one's own row whether it is empty
            if not self.fields[name].endswith("2many"):
                for method, arguments in (
                    ("search", {"domain": [[name, "!=", False]]}),
                    ("formatted_read_group", {"domain": [], "groupby": [name]}),
                ):
                    tries.append((method, None, arguments))
            for method, ids, arguments in tries:
                outcome = self._call(method, ids, **arguments)[0]
                assert outcome != "yes", (self.caller.role, self.model, method, name)

    def write(self):
        for part in self._parts(self._may("write")):
            arguments = {"vals": {name: self._another(name) for name in part}}
            outcome = self._call("write", self.ids, **arguments)[0]
            if outcome != "closed":  # with FULL=1 those are tried over both, too
                [other] = {*PROTOCOLS} - {self.caller.protocol}
                same = self._call("write", self.ids, by=other, **arguments)[0]
                assert same == outcome, (self.caller.role, self.model, part, same)
            for name in part:
                self._add("write", outcome, name)

    def _another(self, name):
        """A value to write; where the same one may be given again, another one."""
        value = self.values[name]
        return value if name not in self.given_once else False if value else "x"

    def create(self):
        parts = self._parts(may := self._may("create"))
        if may and self.whose == "other":
            parts = [[name] for name in self.chosen]
        for part in parts:
            vals = {name: self.values[name] for name in part}
            outcome = self._call("create", vals_list=[vals])[0]
            # the rest of the row is missing: what counts is whether the field is
            outcome = "open" if outcome in ("yes", "refused", "error") else outcome
            for name in part:
                self._add("create", outcome, name)

    def defaults(self):
        given = {
            name: self.values[name] or {"char": "x", "boolean": True}.get(type_)
            for name, type_ in self.fields.items()
        }
        outcome, usual = self._call("default_get", fields=list(given))
        usual = usual if outcome == "yes" else {}
        given = {n: v for n, v in given.items() if v and v != usual.get(n)}
        plain = [name for name in given if name not in self.chosen]
        for names in (plain, *([name] for name in self.chosen if name in given)):
            context = {f"default_{name}": given[name] for name in names}
            outcome, answer = self._call("default_get", fields=names, context=context)
            for name in names:
                if outcome == "yes":
                    is_taken = answer.get(name) == given[name]
                    self._add("default", "taken" if is_taken else "ignored", name)
                else:
                    self._add("default", outcome, name)

    def onchange(self):
        if self._may("create"):
            for name in self.chosen:
                form = {"values": {name: self.values[name]}, "field_names": [name]}
                self._add("onchange", self._form([], **form), name)
        # a form gives back what was typed in: that is no answer
        typed = ("token", "password")
        whole = {n: self.values[n] for n in self.spec if n not in typed}
        outcome = self._form(self.ids, values=whole, field_names=[])
        self._add("onchange", outcome, "(whole form)")

    def _form(self, ids, **arguments):
        return self._call("onchange", ids, fields_spec=self.spec, **arguments)[0]

    def load(self):
        columns, cells = [".id"], [str(self.ids[0])]
        for name, type_ in self.fields.items():
            if type_ in ("char", "many2one"):
                columns.append(f"{name}/.id" if type_ == "many2one" else name)
                cells.append(str(self.values[name] or ""))
        outcome, answer = self._call("load", fields=columns, data=[cells])
        is_refused = outcome == "yes" and not answer["ids"]
        self._add("load", "refused" if is_refused else outcome)

    def search(self):
        """With each operator, on all fields that take it at once."""
        names = [name for name in self.seen if name in self.searchable]
        names = names or list(self.fields)[:1]
        operators = sorted({one for some in OPERATORS.values() for one in some})
        # a model that is closed is so by any
        for operator in operators if self.is_open else ["="]:
            terms = [
                [name, operator, _operand(operator, self.values[name])]
                for name in names
                if operator in OPERATORS.get(self.fields[name], ())
            ]
            if terms:
                domain = ["|"] * (len(terms) - 1) + terms
                outcome, found = self._call("search", domain=domain)
                if outcome == "yes":
                    outcome = "found" if self.ids[0] in found else "not found"
                self._add("search", outcome, operator)


def _operand(operator, value):
    if operator in ("in", "not in"):
        return value if isinstance(value, list) else [value]
    if operator in ("any", "not any"):
        return [["id", "!=", 0]]
    return str(value or "") if operator.endswith("like") else value


def _try_methods(table, caller, world, model, whose, key):
    row = world["worlds"][key][model]
    methods = world["models"][model]["methods"]
    names = sorted({*methods, "unlink"}, key=lambda name: (name in LAST, name))
    for name in names:
        if name in ("create", "write", "default_get", "onchange"):
            continue  # tried above
        ids = None if methods.get(name) else [row["id"]]
        arguments = ARGUMENTS.get((model, name), lambda values: {})(row["values"])
        outcome, _text = caller.call(model, name, ids, **arguments)
        table.add(model, "methods", whose, caller.role, outcome, name)


def test_the_table_is_as_agreed(table):
    before = TABLE.read_text() if TABLE.exists() else MARK
    head, _mark, agreed = before.partition(MARK)
    if os.environ.get("WRITE"):
        TABLE.write_text(head + MARK + table.text())
        return
    assert table.text(TRYING) == columns_of(agreed, TRYING), (
        "look at it, and write it with WRITE=1"
    )


def test_nothing_of_another_company_is_told(table, world, callers):
    for role, caller in callers.items():
        text = "\n".join(caller.answers)
        strangers = ["theirs", "other_manager"]
        if role == "other_manager":
            strangers = [key for key in world["worlds"] if key not in strangers]
        for key in strangers:
            for one in (key, f"{key}_stranger"):
                for value in _spellings(world["secrets"][one]):
                    assert value not in text, (role, one, _around(text, value))


def test_who_may_see_no_cpf_is_told_none(table, world, callers):
    for role in {"portal", "employee"} & callers.keys():
        text = "\n".join(callers[role].answers)
        for key, person in world["secrets"].items():
            for value in _cpfs(person):
                assert value not in text, (role, key, _around(text, value))


def test_no_secret_stands_where_it_must_not(table, world, provider, callers, logs):
    secrets = [TOKEN, SVA_PASSWORD, *(PASSWORD.format(role) for role in ROLES)]
    answers = "\n".join(text for one in callers.values() for text in one.answers)
    texts = [one.read_text(errors="replace") for one in logs if one.exists()]
    assert all(" DEBUG " in text for text in texts)
    log = "".join(texts)
    cpfs = [cpf for person in world["secrets"].values() for cpf in _cpfs(person)]
    for secret in secrets:
        assert secret not in answers, _around(answers, secret)
    for secret in (*secrets, *cpfs):
        assert secret not in log, _around(log, secret)
    database = provider.server.database
    for table_name, columns, rows in _dump(provider.databases, database):
        for row in rows:
            text = "\t".join(row)
            assert not any(secret in text for secret in secrets), table_name
            for column, value in zip(columns, row, strict=True):
                if (table_name, column) in CPF_COLUMNS:
                    continue
                found = [cpf for cpf in cpfs if cpf in value]
                assert not found, (table_name, column)
    files = provider.databases.odoo.data_dir / "filestore" / database
    for path in files.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (*secrets, *cpfs):
                assert secret.encode() not in content, path


def _dump(databases, database):
    """Each table's name, columns and rows, as text."""
    with databases.cursor(database) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for [name] in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{name}"')
            columns = [column.name for column in cursor.description]
            yield name, columns, [[str(value) for value in row] for row in cursor]


def _cpfs(person):
    cpf = person["vat"]
    dotted = f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
    return [cpf, dotted, dotted.replace(".", " "), f"{cpf[:9]}-{cpf[9:]}"]


def _spellings(person):
    return [person["name"], person["phone"], person["phone"][5:], *_cpfs(person)]


def _around(text, value):
    place = text.index(value)
    return text[max(0, place - 300) : place + 100]
