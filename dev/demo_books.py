"""The books of the demo provider, and what happened in them before today.

Run in Odoo's shell once a day: a chart of accounts cannot be loaded while Odoo
installs, and nobody but a frozen clock brings a month of history.
"""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

#: what each category of products pays; prices are quoted with their taxes, and SVA is
#: no telecommunication, which would pay ICMS
TAXES = {
    "Internet": ("17% ICMS I", "0.65% PIS", "3% COFINS"),
    "SVA": ("2% ISSQN", "0.65% PIS", "3% COFINS"),
}
#: contracts with a month behind them: how many days ago the last invoice was due, and
#: whether it has been paid
HISTORY = {
    "active": (10, True),
    "overdue": (5, False),
    "auto_blocked": (20, False),
    "manually_blocked": (12, True),
    "inactive": (3, True),
    "blacklisted": (15, True),
    "incomplete": (8, True),
    "suspended": (6, True),
}
#: … and when the one was due that was never paid
LOST = ("terminated", 80)
#: the company's settings of dunning, and how many days after the step before each comes
PERIODS = {
    "contract_notice_after_days": 1,
    "contract_block_after_notice_days": 15,
    "contract_cancel_after_block_days": 60,
}


def keep(env, language: str, logins: list[str]) -> None:
    """Set the provider up, and have it live for the time before today."""
    company = env.ref("saber_plus_sva.demo_company")
    _speak(env, company, language, logins)
    env = env(user=env.ref("base.user_admin"), su=True)
    env = env(context={"allowed_company_ids": company.ids, "lang": language})
    company = company.with_env(env)
    _set_up(env, company)

    def contract(name):
        return env.ref(f"saber_plus_sva.demo_contract_{name}")

    lost, days = LOST
    _lose(company, contract(lost), days)
    # in the order of the days, as the numbers of invoices are
    longest_first = sorted(HISTORY.items(), key=lambda item: -item[1][0])
    for name, (days, _has_paid) in longest_first:
        _begin(contract(name), days)
        _bill(contract(name), has_paid=True)
    for name, (_days, has_paid) in longest_first:
        _bill(contract(name), has_paid)
    env.cr.commit()


def _of_company(company) -> list:
    return [("company_id", "=", company.id)]


def _speak(env, company, language, logins) -> None:
    env["res.partner"].search(_of_company(company)).lang = language
    env["res.users"].search([("login", "in", logins)]).write(
        {
            "lang": language,
            "company_id": company.id,
            # no chat over the screen of a telephone
            "odoobot_state": "disabled",
        }
    )
    cpf = env.ref("l10n_br.cpf")
    people = [*_of_company(company), ("is_company", "=", False)]
    env["res.partner"].search(people).l10n_latam_identification_type_id = cpf


def _set_up(env, company) -> None:
    env["account.chart.template"].try_loading("br", company)
    company.account_sale_tax_id = False
    products = env["product.template"].search(_of_company(company))
    for name, names in TAXES.items():
        taxes = env["account.tax"].search(
            [
                *_of_company(company),
                ("type_tax_use", "=", "sale"),
                ("name", "in", names),
            ]
        )
        taxes.price_include_override = "tax_included"
        values = {"name": name}
        if name == "Internet":  # of SVA the products themselves say it
            values["invoice_service_type"] = "internet"
        category = env["product.category"].create(values)
        # one of them has no package yet: that is a step of the demo
        sold = products.filtered(
            lambda row, name=name: bool(row.sva_integration_id) == (name == "SVA")
        )
        sold.write({"categ_id": category.id, "taxes_id": [(6, 0, taxes.ids)]})
    journal = env["account.journal"].search(
        [("type", "=", "sale"), *_of_company(company)], limit=1
    )
    manager = env["res.users"].search([("login", "=", "gerente")])
    env["contract.contract"].search(_of_company(company)).write(
        {"journal_id": journal.id, "user_id": manager.id}
    )


def _noon(day: date):
    """The clock of the provider, in the middle of a day."""
    return freeze_time(f"{day} 15:00:00")


def _begin(contract, days: int) -> None:
    """Have a contract begin a month before a day that is so many days ago."""
    day = date.today() - timedelta(days) - relativedelta(months=1)
    contract.contract_line_ids.write({"date_start": day, "recurring_next_date": day})


def _bill(contract, has_paid: bool) -> date:
    """The next invoice of a contract, which was paid two days later, or is open.

    :return: when it was due
    """
    day = contract.recurring_next_date
    with _noon(day):
        invoice = contract._recurring_create_invoice(day)
        invoice.action_post()
    if has_paid:
        with _noon(day + timedelta(2)):
            _pay(invoice)
    contract.env.cr.precommit.run()
    return day


def _pay(invoice) -> None:
    wizard = invoice.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    wizard.create({})._create_payments()


def _lose(company, contract, days: int) -> None:
    """A customer who stopped paying, and with whom dunning went on to the end."""
    env = company.env
    _begin(contract, days)
    _bill(contract, has_paid=True)
    day = _bill(contract, has_paid=False)
    company.write({**PERIODS, "contract_spare_days_off": False})
    for passed in PERIODS.values():
        day += timedelta(passed)
        with _noon(day):
            env["contract.dunning"]._cron_contract_lifecycle()
            _deliver(env)
    company.write(dict.fromkeys(PERIODS, 0))


def _deliver(env) -> None:
    """The mail server took what was waiting."""
    notices = env["contract.notice"].search([("state", "=", "outgoing")])
    notices._delivered()
    env["mail.mail"].search([("state", "=", "outgoing")]).state = "sent"
