"""What monitoring, people and the log are told of an account, by a running Odoo."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import odoorpc
import pytest
import requests

from ..support.people import make_cpf
from ..support.provider import TOKEN, Provider, eventually
from ..support.shop import Person, Shop

OURS = "odoo.addons.saber_plus_sva"
#: what the log calls the account
ACCOUNT = "SVA integration {} (Saber+, "
CRON = "SELECT res_id FROM ir_model_data WHERE module = 'saber_plus_sva' AND name ="
#: whom nobody is told of
PERSON = Person("Berenice Fontoura", "11912340077")


@pytest.fixture(scope="module")
def alone(shop) -> None:
    """No other account of the demo data has anything to tell."""
    accounts = shop.env["sva.integration"]
    others = accounts.search([("id", "!=", shop.integration)])
    accounts.write(others, {"active": False})


@pytest.fixture(autouse=True)
def mended(alone, provider, shop, sql) -> Iterator[None]:
    """A platform that is well, and an integration that knows it."""
    yield
    provider.platform.mend()
    switch_the_engine_on(shop, sql)
    shop.env["sva.integration"].write([shop.integration], {"token": TOKEN})
    shop.env["sva.integration"].action_test_connection([shop.integration])


@pytest.fixture
def contract(shop) -> Iterator[int]:
    """One whose SVA user is active on the platform."""
    contract = shop.contract_without_user(PERSON.name, PERSON.cpf, PERSON.phone)
    user = shop.env["sva.user"].create({"contract_id": contract})
    shop.provider.platform.wait_for(PERSON.cpf, "active")
    eventually(lambda: shop.sync_state(user) == "synced")
    yield contract
    shop.env["sva.user"].unlink([user])


def ask(provider: Provider, token: str = "", **query) -> requests.Response:
    return requests.get(
        f"{provider.server.url}/saber_plus_sva/health",
        params=query,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=30,
    )


def become_well(provider: Provider, token: str) -> None:
    def is_well() -> bool:
        # so many are answered in a minute
        time.sleep(1)
        return ask(provider, token).status_code == 200

    eventually(is_well)


def new_token(shop: Shop) -> str:
    settings = shop.env["res.config.settings"]
    shown = settings.action_sva_new_health_token([settings.create({})])
    return shown["params"]["message"]


def trigger(shop: Shop, *xml_ids: str) -> None:
    """Run scheduled actions by hand, each as soon as no worker runs it."""

    def is_run(cron) -> bool:
        try:
            return cron.method_direct_trigger()
        except odoorpc.error.RPCError as error:
            assert "executada" in str(error), error
            return False

    for xml_id in xml_ids:
        cron = shop.env.ref(xml_id)
        eventually(lambda cron=cron: is_run(cron))


def test_who_may_ask(provider, shop):
    assert ask(provider, "guess").status_code == 404
    old = new_token(shop)
    assert ask(provider, old).status_code in (200, 503)
    token = new_token(shop)
    for wrong in (old, ""):
        assert ask(provider, wrong).status_code == 401
    # who guesses does not shut out who knows
    eventually(lambda: ask(provider, "guess").status_code == 429)
    assert ask(provider, token).status_code in (200, 503)


def test_a_change_that_waits_for_too_long(provider, shop, sql, contract):
    token = new_token(shop)
    become_well(provider, token)
    assert ask(provider, token).json()["status"] == "ok"
    provider.platform.fault("*", "status", status=503, times=None)
    shop.env["contract.contract"].action_block([contract])
    whose = "FROM sva_user WHERE cpf_cnpj = %s"
    eventually(lambda: sql(f"SELECT pending_since {whose}", PERSON.cpf) != [(None,)])
    sql(
        "UPDATE sva_user SET pending_since = pending_since - interval '2 hours'"
        " WHERE cpf_cnpj = %s",
        PERSON.cpf,
    )
    # whatever is changed or tried since
    [(user,)] = sql(f"SELECT id {whose}", PERSON.cpf)
    shop.env["sva.user"].write([user], {"phone": "11 91234-5678"})
    answer = ask(provider, token)
    assert answer.status_code == 503
    [account] = answer.json()["integrations"]
    assert (account["pending"], account["problems"]) == (1, ["pending_too_long"])
    since = datetime.fromisoformat(account["oldest_pending_since"])
    assert datetime.now(UTC) - since > timedelta(hours=2)
    metrics = ask(provider, token, format="prometheus")
    assert metrics.status_code == 200
    assert "\nsaber_plus_sva_healthy 0\n" in metrics.text
    for secret in (PERSON.cpf, PERSON.name, "91234", TOKEN, token):
        assert secret not in answer.text + metrics.text
    provider.platform.mend()
    shop.env["sva.integration"].action_test_connection([shop.integration])
    provider.platform.wait_for(PERSON.cpf, "blocked")
    become_well(provider, token)


def switch_the_engine_off(_shop, sql):
    # as Odoo does after failures; waits for a worker that runs it
    sql(f"UPDATE ir_cron SET active = FALSE WHERE id = ({CRON} 'cron_sync_users')")


def switch_the_engine_on(_shop, sql):
    sql(f"UPDATE ir_cron SET active = TRUE WHERE id = ({CRON} 'cron_sync_users')")


def forget_the_engine(_shop, sql):
    sql(
        "UPDATE ir_cron"
        " SET last_success = now() AT TIME ZONE 'UTC' - interval '2 hours'"
        f" WHERE id = ({CRON} 'cron_sync_users')"
    )


def run_the_engine(shop, _sql):
    trigger(shop, "saber_plus_sva.cron_sync_users")


def begin_a_comparison_without_a_token(shop, sql):
    shop.env["sva.integration"].write([shop.integration], {"token": "wrong"})
    with pytest.raises(Exception, match="token"):
        shop.env["sva.integration"].action_reconcile([shop.integration])
    sql(
        "UPDATE sva_reconciliation SET start_date = start_date - interval '13 hours'"
        " WHERE state = 'running'"
    )


def compare_with_the_token(shop, _sql):
    shop.env["sva.integration"].write([shop.integration], {"token": TOKEN})
    shop.env["sva.integration"].action_reconcile([shop.integration])


@pytest.mark.parametrize(
    ("occasion", "begin", "end"),
    [
        ("activity_action_off", switch_the_engine_off, switch_the_engine_on),
        ("activity_action_late", forget_the_engine, run_the_engine),
        (
            "activity_comparison",
            begin_a_comparison_without_a_token,
            compare_with_the_token,
        ),
    ],
)
def test_what_stands_still_is_heard_of_once(
    shop, sql, heard_of, occasion: str, begin: Callable, end: Callable
):
    def told() -> int:
        trigger(shop, "saber_plus_sva.cron_watch")
        return heard_of(occasion, "sva.integration", shop.integration)

    def is_told_of() -> bool:
        begin(shop, sql)
        return told() == 1

    eventually(lambda: told() == 0)
    # a run that was asked for before may come between
    eventually(is_told_of)
    assert told() == 1
    end(shop, sql)
    assert told() == 0


def test_the_log_is_short_and_of_nobody(provider, shop, contract):
    account = ACCOUNT.format(shop.integration)
    integrations = shop.env["sva.integration"]
    log = provider.server.log

    def said(work: Callable[[], object]) -> list[str]:
        before = len(log.read_text())
        work()
        return [line for line in log.read_text()[before:].splitlines() if OURS in line]

    def whole_day() -> None:
        trigger(
            shop,
            "saber_plus_sva.cron_sync_users",
            "saber_plus_sva.cron_fetch_packages",
            "saber_plus_sva.cron_reconcile",
            "saber_plus_sva.cron_reconcile_go_on",
            "saber_plus_sva.cron_watch",
        )

    def refuse() -> None:
        shop.refuse("createUser")
        other = shop.contract_without_user(PERSON.name, make_cpf(), PERSON.phone)
        user = shop.env["sva.user"].create({"contract_id": other})
        eventually(lambda: shop.sync_state(user) == "failed")

    def fail_to_compare() -> None:
        provider.platform.fault("listUsers", "status", status=422, times=None)
        trigger(shop, "saber_plus_sva.cron_reconcile")

    whole_day()
    assert said(whole_day) == []
    for work, words in (
        (
            lambda: integrations.action_pause([shop.integration], PERSON.name),
            "paused by a manager",
        ),
        (
            lambda: integrations.action_resume([shop.integration]),
            "resumed by a manager",
        ),
        (refuse, "rows were refused"),
        (fail_to_compare, "the comparison has failed"),
    ):
        [line] = [line for line in said(work) if " WARNING " in line]
        assert account in line and words in line
    for personal in (PERSON.name, PERSON.cpf, PERSON.phone[-8:], TOKEN):
        assert personal not in log.read_text()
