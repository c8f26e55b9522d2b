"""Every way in from outside, tried by everybody; and the table of what came of it."""

import json
import re
import xmlrpc.client
from collections import defaultdict

import requests

#: who tries; their passwords are found nowhere else
ROLES = ("portal", "employee", "front_desk", "manager", "other_manager")
#: how they call; a run is about one of them
PROTOCOLS = ("json2", "xml_rpc")
PASSWORD = "Xy7-{}-Kq92wz"
#: what the SVA users' passwords begin with
SVA_PASSWORD = "Senha-9f3k"

#: makes the world to try it in: for each role records of its own, and those of another
#: company that none but that company's manager has to do with
WORLD = """
import json
from stdnum.br import cpf as cpf_rules
from odoo import Command
ROLES = {roles!r}
numbers = iter(range(700000001, 700000100))
def person(name):
    base = str(next(numbers))
    phone = "119" + base[1:]
    return {{"name": name, "vat": base + cpf_rules._calc_check_digits(base),
             "phone": "+55" + phone}}
company = env.ref("base.main_company")
branch = env["res.company"].create({{"name": "Filial"}})
groups = {{
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "front_desk": "saber_plus_sva.group_sva_user",
    "manager": "saber_plus_sva.group_sva_manager",
    "other_manager": "saber_plus_sva.group_sva_manager",
}}
secrets = {{}}
users = {{}}
for role in ROLES:
    home = branch if role == "other_manager" else company
    users[role] = env["res.users"].with_context(no_reset_password=True).create({{
        "name": "Papel " + role, "login": "r_" + role,
        "password": {password!r}.format(role),
        "company_id": home.id, "company_ids": [Command.set(home.ids)],
        "group_ids": [Command.set((
            env.ref(groups[role]) | env.ref("base.group_allow_export")
            if role != "portal" else env.ref(groups[role])).ids)],
    }})
integrations, products, journals, accounts = {{}}, {{}}, {{}}, {{}}
for home in company | branch:
    integrations[home] = env["sva.integration"].create({{
        "name": "Saber+ " + home.name, "company_id": home.id,
        "base_url": {url!r}, "token": {token!r}}})
    package = env["sva.package"].create({{
        "integration_id": integrations[home].id, "code": "SABER-LIVROS",
        "name": "Livros"}})
    products[home] = env["product.template"].create({{
        "name": "Livros " + home.name, "type": "service", "company_id": home.id,
        "sva_integration_id": integrations[home].id,
        "sva_package_id": package.id}}).product_variant_id
    journals[home] = env["account.journal"].create({{
        "name": "Diário", "code": "ZQ", "type": "general", "company_id": home.id}})
    accounts[home] = env["account.account"].with_company(home).create({{
        "name": "Conta", "code": "9.9.9", "account_type": "asset_current",
        "company_ids": [Command.set(home.ids)]}})
    env["sva.rate.limit"].create(
        {{"integration_id": integrations[home].id, "next_call": 0}})
# one bill a month and integration
bill_months = {{key: "2026-%02d-01" % month for month, key in enumerate(
    (*ROLES, "theirs", "ours"), start=2)}}
def world(key, home, user):
    who = person("Zq" + key.title() + " Pessoa")
    secrets[key] = who
    partner = env["res.partner"].create({{**who, "company_id": home.id}})
    line = {{"product_id": products[home].id, "name": "Livros", "price_unit": 10,
            "date_start": "2026-01-01", "recurring_next_date": "2099-01-01"}}
    contracts = env["contract.contract"].with_company(home).create([
        {{"name": "Contrato " + key + str(n), "partner_id": partner.id,
          "company_id": home.id, "line_recurrence": True,
          "contract_line_ids": [Command.create(line)]}} for n in range(2)])
    contract = contracts[0]
    if key == "portal":
        users["portal"].partner_id = partner
    contract.message_subscribe(partner.ids)
    integration = integrations[home]
    sva = env["sva.user"].create(
        {{"contract_id": contract.id, "password": {sva_password!r} + key}})
    compared = env["sva.reconciliation"].create(
        {{"integration_id": integration.id, "state": "done"}})
    as_user = lambda model: env[model].with_user(user).sudo()
    stranger = person("Zx" + key.title() + " Avulso")
    secrets[key + "_stranger"] = stranger
    notice = env["contract.notice"].create(
        {{"contract_id": contracts[1].id, "partner_id": partner.id, "kind": "debt",
          "currency_id": home.currency_id.id, "amount": 10,
          "line_ids": [Command.create(
              {{"name": "FAT/" + key, "due_date": "2026-01-01", "amount": 10}})]}})
    bulk = as_user("sva.bulk.operation").create(
        {{"company_id": home.id, "integration_id": integration.id}})
    move = env["account.move"].create(
        {{"company_id": home.id, "journal_id": journals[home].id,
          "line_ids": [Command.create(
              {{"name": "x", "account_id": accounts[home].id}})]}})
    webhook = env["sva.webhook"].create({{
        "name": "CRM " + key, "company_id": home.id, "url": {url!r} + "/hook"}})
    usage = env["sva.usage"].create(
        {{"date": "2026-01-05", "integration_id": integration.id,
          "sva_user_id": sva.id, "cpf_cnpj": who["vat"], "state": "active",
          "package_id": integration.package_ids[:1].id}})
    env.flush_all()
    bill = as_user("sva.bill").create(
        {{"integration_id": integration.id, "month": bill_months[key]}})
    dispute = as_user("contract.dispute").create({{"contract_id": contract.id}})
    return {{
        "sva.bulk.operation": bulk,
        "sva.bulk.operation.line": env["sva.bulk.operation.line"].create(
            {{"bulk_id": bulk.id, "contract_id": contract.id, "company_id": home.id,
              "partner_id": partner.id, "cpf_cnpj": who["vat"]}}),
        "contract.notice": notice,
        "contract.notice.line": notice.line_ids,
        "contract.notice.record": as_user("contract.notice.record").create(
            {{"contract_id": contract.id, "text": "x"}}),
        "contract.dispute": dispute,
        "contract.dispute.line": as_user("contract.dispute.line").create(
            {{"dispute_id": dispute.id, "invoice_id": move.id}}),
        "contract.suspension": env["contract.suspension"].create(
            {{"contract_id": contracts[1].id, "date_start": "2026-01-01",
              "date_end": "2026-02-15", "user_id": user.id}}),
        "contract.suspension.request": as_user("contract.suspension.request").create(
            {{"contract_id": contract.id, "date_start": "2026-01-01",
              "date_end": "2026-02-15"}}),
        "contract.contract": contract,
        "contract.line": contract.contract_line_ids,
        "contract.release": env["contract.release"].create(
            {{"contract_id": contract.id, "user_id": user.id}}),
        "contract.step": as_user("contract.step").create(
            {{"contract_id": contract.id, "step": "block", "reason": "x"}}),
        "contract.dunning.preview": as_user("contract.dunning.preview").create(
            {{"contract_id": contract.id}}),
        "contract.dunning.settings": as_user("contract.dunning.settings").create(
            {{"company_id": home.id}}),
        "contract.contract.terminate": as_user("contract.contract.terminate").create(
            {{"contract_id": contract.id, "terminate_date": "2026-01-01",
              "terminate_reason_id": env["contract.terminate.reason"].search(
                  [], limit=1).id}}),
        "contract.line.wizard": as_user("contract.line.wizard").create(
            {{"contract_line_id": contracts[1].contract_line_ids.id,
              "date_start": "2098-01-01", "date_end": "2099-01-01"}}),
        "sva.integration": integration,
        "sva.package": integration.package_ids,
        "sva.webhook": webhook,
        "sva.webhook.delivery": env["sva.webhook.delivery"].create(
            webhook._post_values("test", 0, {{}})),
        "sva.user": sva,
        "sva.user.removal": env["sva.user.removal"].create(
            {{"integration_id": integration.id, "name": stranger["name"],
              "cpf_cnpj": stranger["vat"]}}),
        "sva.integration.pause": as_user("sva.integration.pause").create(
            {{"integration_id": integration.id, "reason": "x"}}),
        "sva.user.skip": as_user("sva.user.skip").create(
            {{"sva_user_ids": sva.ids, "reason": "x", "until": "2099-01-01"}}),
        "sva.user.transfer": as_user("sva.user.transfer").create(
            {{"sva_user_id": sva.id, "contract_id": contracts[1].id,
              "product_id": products[home].id}}),
        "sva.divergence": env["sva.divergence"].create(
            {{"integration_id": integration.id, "platform_user_id": key,
              "name": stranger["name"], "cpf_cnpj": stranger["vat"],
              "phone": stranger["phone"], "platform_state": "active"}}),
        "sva.reconciliation": compared,
        "sva.reconciliation.difference": env["sva.reconciliation.difference"].create(
            {{"reconciliation_id": compared.id, "kind": "missing",
              "sva_user_id": sva.id}}),
        "sva.reconciliation.page": env["sva.reconciliation.page"].create(
            {{"reconciliation_id": compared.id, "user_keys": sva.ids}}),
        "sva.billing.mismatch": env["sva.billing.mismatch"].search(
            [("contract_id", "=", contracts[1].id)], limit=1),
        "sva.service.type": as_user("sva.service.type").create(
            {{"move_id": move.id, "line_id": move.line_ids.id,
              "service_type": "tv", "reason": "x"}}),
        "sva.adoption": as_user("sva.adoption").create(
            {{"integration_id": integration.id}}),
        "sva.api.call": env["sva.api.call"].create(
            {{"date": "2026-01-01", "integration_id": integration.id,
              "operation": "getUser"}}),
        "sva.rate.limit": env["sva.rate.limit"].search(
            [("integration_id", "=", integration.id)]),
        "sva.mail.settings": as_user("sva.mail.settings").create(
            {{"company_id": home.id}}),
        "sva.usage": usage,
        "sva.usage.month": env["sva.usage.month"].search(
            [("cpf_cnpj", "=", who["vat"])], limit=1),
        "sva.churn": env["sva.churn"].search(
            [("contract_id", "=", contract.id)], limit=1),
        "sva.bill": bill,
        "sva.bill.line": bill.line_ids[:1],
    }}
worlds = {{role: world(role, branch if role == "other_manager" else company,
                       users[role]) for role in ROLES}}
worlds["theirs"] = world("theirs", branch, env.user)
worlds["ours"] = world("ours", company, env.user)
guard = env["write.guard.mixin"]
own = guard._guarded_modules()
modules = ("contract_access", "saber_plus_sva", "contract", "contract_termination",
           "contract_line_successor")
models = {{}}
for name in worlds["theirs"]:
    model = env[name]
    methods = set()
    for cls in type(model).mro():
        place = cls.__module__.removeprefix("odoo.addons.").split(".")[0]
        if place in modules and cls.__module__.startswith("odoo.addons."):
            methods |= {{attr for attr, value in vars(cls).items()
                         if callable(value) and not attr.startswith("_")}}
    methods = [attr for attr in methods if not any(
        getattr(getattr(cls, attr, None), "_api_private", False)
        for cls in type(model).mro())]
    magic = {{"create_uid", "create_date", "write_uid", "write_date"}}
    fields = [f for f in model._fields.values()
              if f._modules and own >= set(f._modules) and f.name not in magic]
    if not fields:  # a wizard of OCA's that is ours to keep
        fields = [f for f in model._fields.values()
                  if f.store and f.name not in magic | {{"id"}}]
    models[name] = {{
        "fields": {{f.name: f.type for f in fields}},
        "given_once": sorted(model._open_to_create() - model._open_to_write())
            if hasattr(model, "_open_to_create") else [],
        "searchable": [f.name for f in fields if f._description_searchable],
        "methods": {{attr: getattr(getattr(type(model), attr), "_api_model", False)
                     for attr in methods}},
    }}
def plain(record):
    values = {{}}
    for name, type_ in models[record._name]["fields"].items():
        value = record.sudo()[name]
        if type_ == "many2one":
            value = value.id
        elif type_ in ("one2many", "many2many"):
            value = []
        elif type_ in ("date", "datetime"):
            value = value and str(value)[:19]
        elif type_ == "json":
            value = value or {{}}
        elif type_ == "binary":
            value = False
        if name == "token":
            value = {token!r}
        if name == "password":
            value = {sva_password!r} + "neu"
        values[name] = value
    return values
from datetime import datetime, timedelta
from passlib.hash import pbkdf2_sha512
keys = {{}}
for role, user in users.items():
    if role == "portal":
        env["ir.config_parameter"].set_param("portal.allow_api_keys", "True")
    keys[role] = env["res.users.apikeys"].with_user(user).sudo(False)._generate(
        "rpc", "e2e", datetime.now() + timedelta(hours=20))
    # quick to look at: it is done ten thousand times
    env.cr.execute("UPDATE res_users_apikeys SET key = %s WHERE user_id = %s",
                   [pbkdf2_sha512.using(rounds=1).hash(keys[role]),
                    user.id])
result = {{
    "models": models,
    "users": {{role: user.id for role, user in users.items()}},
    "keys": keys,
    "secrets": secrets,
    "worlds": {{key: {{name: {{"id": rows[:1].id, "values": plain(rows[:1])}}
                       for name, rows in one.items()}} for key, one in worlds.items()}},
}}
env.cr.commit()
print("WORLD " + json.dumps(result))
"""

#: what is said of fields that people may not write
CLOSED = re.compile(
    r"cannot be written|Only the phone and the password|only contract and product"
)
#: methods that end what the others need, in this order
LAST = ("action_withdraw", "action_remove", "unlink")
#: models whose methods end what others need
LAST_MODELS = ("sva.adoption", "sva.integration")
#: arguments of methods that need some
ARGUMENTS = {
    ("sva.user", "action_transfer"): lambda values: {
        "contract_id": values["contract_id"]
    },
}
OPERATORS = {
    "char": ("=", "!=", "in", "not in", "like", "ilike", "=like", "not ilike", ">"),
    "text": ("=", "ilike", "not like"),
    "integer": ("=", "!=", "in", "<", ">="),
    "float": ("=", "<", ">="),
    "boolean": ("=", "!="),
    "selection": ("=", "in", "not in", "ilike"),
    "date": ("=", "<", ">="),
    "datetime": ("=", "<", ">="),
    "many2one": ("=", "in", "not in", "ilike", "any"),
    "one2many": ("=", "in", "any", "not any"),
    "many2many": ("=", "in", "any"),
}


class Caller:
    """Calls as one role, over JSON-2 or XML-RPC; keeps all that was answered.

    :param protocol: one of :data:`PROTOCOLS`
    :param models: what answers over XML-RPC; None is the server
    """

    def __init__(self, server, role, uid, key, protocol, models=None):
        self.server, self.uid, self.role = server, uid, role
        self.protocol = protocol
        self.answers = []
        #: the fields of one's own records that one may read, by model
        self.readable = {}
        self._asked = {}
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(
            {
                "Authorization": f"bearer {key}",
                # what Odoo looks up for each call that does not say so
                "X-Odoo-Database": server.database,
                "Accept-Language": "en-US",
            }
        )
        url = f"{server.url}/xmlrpc/2/object"
        self.models = models or xmlrpc.client.ServerProxy(url)

    def call(self, *arguments, by=None, **options):
        """What comes of a call: a word for it, and the answer."""
        return getattr(self, by or self.protocol)(*arguments, **options)

    def once(self, *arguments, **options):
        """What comes of a call that has the same answer each time."""
        key = repr((arguments, options))
        if key not in self._asked:
            self._asked[key] = self.call(*arguments, **options)
        return self._asked[key]

    def json2(self, model, method, ids=None, context=None, **arguments):
        """What comes of a call over JSON-2.

        :return: a word for it, and the answer
        """
        body = {"context": {"lang": "en_US", **(context or {})}, **arguments}
        if ids is not None:
            body["ids"] = ids
        answer = self.session.post(
            f"{self.server.url}/json/2/{model}/{method}", json=body, timeout=60
        )
        if method != "default_get":  # it answers what one has given it
            self.answers.append(answer.text)
        value = answer.json()
        if answer.status_code == 200:
            return "yes", value
        text = str(value.get("message"))
        if answer.status_code in (401, 403):
            return "denied", text
        if answer.status_code in (404, 409, 422, 503):
            return ("closed" if CLOSED.search(text) else "refused"), text
        return "error", f"{value.get('name')}: {text}"

    def xml_rpc(self, model, method, ids=None, context=None, **arguments):
        """The same over XML-RPC."""
        options = {"context": {"lang": "en_US", **(context or {})}, **arguments}
        try:
            value = self.models.execute_kw(
                self.server.database,
                self.uid,
                PASSWORD.format(self.role),
                model,
                method,
                [] if ids is None else [ids],
                options,
            )
        except xmlrpc.client.Fault as fault:
            text = str(fault.faultString)
            self.answers.append(text)
            # a method that answers nothing; what may be read can be over both
            if "cannot marshal None" in text and method != "read":
                return "yes", None
            if fault.faultCode in (3, 4):
                return "denied", text
            if fault.faultCode == 2:
                return ("closed" if CLOSED.search(text) else "refused"), text
            last = text.strip().splitlines()[-1]
            # where an argument is missing, JSON-2 says so before it calls anything
            is_refused = re.search(r"^TypeError: .* missing .* argument", last)
            return ("refused" if is_refused else "error"), last
        if method != "default_get":  # it answers what one has given it
            self.answers.append(json.dumps(value, default=str))
        return "yes", value


class Table:
    """Outcomes by model, operation and whose records; a column for each role."""

    def __init__(self):
        self.cells = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))

    def add(self, model, operation, whose, role, outcome, name):
        self.cells[model, operation, whose][role][outcome].append(name)

    def text(self, roles=ROLES):
        """The table as Markdown, with columns for these roles."""
        lines = [
            "| model | operation | records | " + " | ".join(roles) + " |",
            "|---" * (3 + len(roles)) + "|",
        ]
        for (model, operation, whose), row in sorted(self.cells.items()):
            cells = [_cell(row[role]) for role in roles]
            lines.append(f"| {model} | {operation} | {whose} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


def columns_of(text, trying):
    """Of a table in Markdown, what these roles have tried.

    :param trying: whose records each of them has tried with
    """
    lines = []
    for line in text.splitlines():
        cells = line.strip("|").split("|")
        whose = cells[2].strip()
        picked = [
            cells[3 + ROLES.index(role)]
            # the first two lines are the head
            if whose in tried or whose not in ("own", "other")
            else " – "
            for role, tried in trying.items()
        ]
        if {cell.strip() for cell in picked} != {"–"}:
            lines.append("|" + "|".join([*cells[:3], *picked]) + "|")
    return "\n".join(lines) + "\n"


def _cell(outcomes):
    if not outcomes:
        return "–"
    if len(outcomes) == 1:
        return next(iter(outcomes))
    most = max(outcomes, key=lambda outcome: len(outcomes[outcome]))
    others = [
        f"{outcome}: {', '.join(sorted(names))}"
        for outcome, names in sorted(outcomes.items())
        if outcome != most
    ]
    return f"{most}, but {'; '.join(others)}"
