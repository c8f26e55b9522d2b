"""What wakes somebody at night: a platform that hangs, workers that are killed, a stop.

Odoo has processes here, whose watchdog kills a scheduled action after some seconds.
"""

import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psutil
import psycopg2
import pytest

from dev.testing import ADDONS

from ..support.people import make_cpf
from ..support.provider import XmlRpc, eventually

#: Odoo's `limit_time_real_cron`, in seconds
LIMIT = 24
#: a platform that hangs does so for longer
HANGS = 60


@pytest.fixture(scope="module")
def server_options() -> dict:
    return {"workers": 2, "max_cron_threads": 1, "limit_time_real_cron": LIMIT}


@pytest.fixture(scope="module")
def sql(provider, databases) -> Callable[..., list[tuple]]:
    """Looks at, and changes, what nobody may change from outside."""

    def execute(query: str, *parameters) -> list[tuple]:
        database = provider.server.database
        link = psycopg2.connect(dbname=database, **databases.odoo.dsn)
        with closing(link), link.cursor() as cursor:
            link.autocommit = True
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture(autouse=True)
def mended(provider, shop, sql) -> Iterator[None]:
    """A platform that is well, and an integration that knows it."""
    yield
    provider.platform.mend()
    sql("UPDATE sva_integration SET request_timeout = 4")
    shop.env["sva.integration"].action_test_connection([shop.integration])


def rows(sql, ids: list[int], columns: str) -> list[tuple]:
    return sql(f"SELECT {columns} FROM sva_user WHERE id = ANY(%s) ORDER BY id", ids)


def calls(sql, users: list[int]) -> list[str]:
    """The outcomes of the calls that were made for users, oldest first."""
    query = "SELECT outcome FROM sva_api_call WHERE sva_user_id = ANY(%s) ORDER BY id"
    return [outcome for [outcome] in sql(query, users)]


@contextmanager
def hanging(platform, operation: str) -> Iterator[None]:
    """The platform takes a call, and does not answer it for a long time."""
    platform.fault(operation, "latency", seconds=HANGS, times=None)
    yield
    platform.mend()


def new_users(shop, count: int) -> list[int]:
    contracts = [
        shop.contract_without_user(f"Cliente {number}", make_cpf())
        for number in range(count)
    ]
    return shop.env["sva.user"].create([{"contract_id": one} for one in contracts])


def kill_workers(server) -> None:
    """What a watchdog does, or a machine that is out of memory."""
    for worker in psutil.Process(server._process.pid).children():
        worker.kill()


@pytest.fixture(scope="module")
def work(provider, databases, shop, sql) -> Callable[..., None]:
    """Waits until something has happened, and sees to it that somebody works."""

    def until(question: Callable, patience: float = 60.0) -> None:
        [cron] = sql(
            "SELECT res_id FROM ir_model_data"
            " WHERE module = 'saber_plus_sva' AND name = 'cron_sync_users'"
        )[0]
        turns = 0

        def happened():
            nonlocal turns
            if not (answer := question()) and turns % 20 == 0:
                wake(cron)
            turns += 1
            return answer

        eventually(happened, patience)

    def wake(cron: int) -> None:
        # a worker that is being started misses what it is told meanwhile
        sql(
            "INSERT INTO ir_cron_trigger (cron_id, call_at)"
            " VALUES (%s, now() AT TIME ZONE 'UTC')",
            cron,
        )
        link = psycopg2.connect(dbname="postgres", **databases.odoo.dsn)
        with closing(link), link.cursor() as cursor:
            link.autocommit = True
            notify = "SELECT pg_notify('cron_trigger', %s)"
            cursor.execute(notify, [provider.server.database])

    return until


def test_a_timeout_that_no_worker_can_wait_for_is_refused(provider, shop):
    call = XmlRpc(provider.server, "admin")
    change = ("sva.integration", "write", [shop.integration])
    with pytest.raises(xmlrpc.client.Fault, match="at most 6 seconds"):
        call(*change, {"request_timeout": 7})
    assert call(*change, {"request_timeout": 6})


def test_a_platform_that_hangs_costs_no_worker(provider, shop, sql, work):
    # as it was entered while the limits were others
    sql("UPDATE sva_integration SET request_timeout = 70")
    with hanging(provider.platform, "*"):
        users = new_users(shop, 20)
        work(lambda: "sent" in calls(sql, users))
        paused = "SELECT id FROM sva_integration WHERE paused_until IS NOT NULL"
        work(lambda: sql(paused))
    assert set(calls(sql, users)) == {"timeout"}
    assert not sql("SELECT id FROM sva_user WHERE lease_token IS NOT NULL")
    [activity] = shop.env["mail.activity"].search_read(
        [("res_model", "=", "sva.integration")], ["note"]
    )
    assert "não respondeu" in activity["note"]
    assert "was killed" not in provider.server.log.read_text()


def test_what_is_killed_twice_is_an_incident(provider, shop, sql, work):
    incidents = [("res_model", "=", "sva.integration")]
    assert not shop.env["mail.activity"].search_count(incidents)
    with hanging(provider.platform, "createUser"):
        [user] = new_users(shop, 1)
        for attempt in (1, 2):
            work(lambda attempt=attempt: len(calls(sql, [user])) >= attempt)
            assert calls(sql, [user])[-1] == "sent"
            [(count, token)] = rows(sql, [user], "sync_attempts, lease_token")
            assert (count, bool(token)) == (attempt, True)
            kill_workers(provider.server)
            assert not shop.env["mail.activity"].search_count(incidents)
            sql("UPDATE sva_user SET lease_until = '2026-01-01' WHERE id = %s", user)
            sql("UPDATE sva_api_call SET date = '2026-01-01'")
        work(lambda: rows(sql, [user], "kill_count") == [(2,)])
    eventually(lambda: shop.env["mail.activity"].search_count(incidents))
    [activity] = shop.env["mail.activity"].search_read(incidents, ["note"])
    assert "killed" in activity["note"] or "interrompeu" in activity["note"]
    assert "killed" in calls(sql, [user])
    killed = [line for line in provider.server.warnings() if "was killed" in line]
    assert len(killed) == 2

    sql("UPDATE sva_user SET next_sync_date = NULL WHERE id = %s", user)
    work(lambda: rows(sql, [user], "sync_state, kill_count") == [("synced", 0)])
    eventually(lambda: not shop.env["mail.activity"].search_count(incidents))


@pytest.mark.parametrize("how", ["pause", "archive"])
def test_a_stop_stops_in_the_middle_of_a_batch(provider, shop, sql, work, how):
    integrations = shop.env["sva.integration"]
    provider.platform.fault("createUser", "latency", seconds=1, times=None)
    users = new_users(shop, 40)
    work(lambda: "ok" in calls(sql, users))
    if how == "pause":
        integrations.action_pause([shop.integration], "A plataforma muda de lugar")
    else:
        integrations.write([shop.integration], {"active": False})
    begun = len(calls(sql, users))
    assert begun < len(users)
    eventually(lambda: "sent" not in calls(sql, users))
    eventually(lambda: set(rows(sql, users, "lease_token")) == {(None,)})
    assert len(calls(sql, users)) == begun
    provider.platform.mend()
    if how == "pause":
        integrations.action_resume([shop.integration])
    else:
        integrations.write([shop.integration], {"active": True})
    work(lambda: set(rows(sql, users, "sync_state")) == {("synced",)})


def test_two_who_notice_an_outage_at_once_lose_nothing(provider, shop, sql, work):
    """The engine and a comparison, in processes of their own, time out together."""
    shop.env["sva.integration"].write([shop.integration], {"request_timeout": 2})
    [(incident,)] = sql(
        "SELECT res_id FROM ir_model_data"
        " WHERE module = 'saber_plus_sva' AND name = 'activity_incident'"
    )
    incidents = [
        ("activity_type_id", "=", incident),
        ("res_id", "=", shop.integration),
    ]
    eventually(lambda: not shop.env["mail.activity"].search_count(incidents))
    with ThreadPoolExecutor(2) as pool, hanging(provider.platform, "*"):
        users = new_users(shop, 8)
        one, other = (XmlRpc(provider.server, "admin") for _process in range(2))
        asked = [
            pool.submit(one, "sva.user", "action_sync", users[:4]),
            pool.submit(
                other, "sva.integration", "action_reconcile", [shop.integration]
            ),
        ]
        for question in asked:
            with pytest.raises(xmlrpc.client.Fault):
                question.result(60)
        eventually(lambda: "sent" not in calls(sql, users), 60)
        eventually(lambda: shop.env["mail.activity"].search_count(incidents))
        assert shop.env["mail.activity"].search_count(incidents) == 1
    # settled, and in the list of calls; nothing was undone by what had to be told
    assert set(calls(sql, users)) == {"timeout"}
    # the platform is there again, and they may be at work on them already; what a test
    # before this one has killed is another matter
    eventually(lambda: set(rows(sql, users, "lease_token")) == {(None,)}, 60)
    # a slow machine's watchdog is another matter
    addons = tuple(f"odoo.addons.{name}" for name in ADDONS)
    ours = [
        line
        for line in provider.server.warnings()
        if any(addon in line for addon in addons)
    ]
    assert [line for line in ours if " ERROR " in line] == []


def test_what_touches_customers_runs_at_the_companys_hour(provider, shop, sql, work):
    """Seven in the evening in São Paulo is ten at night in UTC, day after day."""
    settings = shop.env["res.config.settings"]
    settings.execute([settings.create({"contract_lifecycle_hour": 19.0})])
    cron = (
        "(SELECT res_id FROM ir_model_data WHERE module = 'contract_access'"
        " AND name = 'cron_contract_lifecycle')"
    )
    # the server was off when it was its turn
    sql(f"UPDATE ir_cron SET nextcall = nextcall - interval '2 days' WHERE id = {cron}")
    utc = "now() AT TIME ZONE 'UTC'"
    due = f"SELECT nextcall::time FROM ir_cron WHERE id = {cron} AND nextcall > {utc}"
    work(lambda: sql(due))
    [(hour,)] = sql(due)
    assert (hour.hour, hour.minute) == (22, 0)
    last = f"SELECT last_success > {utc} - interval '2 minutes' FROM ir_cron"
    assert sql(f"{last} WHERE id = {cron}") == [(True,)]


def test_a_refused_user_is_heard_of_until_it_is_mended(shop, sql, work):
    shop.refuse("createUser")
    [user] = new_users(shop, 1)
    work(lambda: shop.sync_state(user) == "failed")

    def heard_of() -> list[tuple]:
        return sql(
            "SELECT activity.id FROM mail_activity AS activity"
            "  JOIN ir_model_data AS data ON data.res_id = activity_type_id"
            " WHERE data.name = 'activity_refused'"
            "   AND data.module = 'saber_plus_sva'"
            "   AND activity.active"
            "   AND activity.res_model = 'sva.user'"
            "   AND activity.res_id = %s",
            user,
        )

    work(lambda: len(heard_of()) == 1)
    shop.env["sva.user"].write([user], {"phone": "11 91234-5678"})
    work(lambda: shop.sync_state(user) == "synced")
    work(lambda: not heard_of())


def test_one_row_is_left_alone_and_freed(provider, shop, work):
    cpf = make_cpf()
    contract = shop.contract_without_user("Cliente", cpf)
    user = shop.env["sva.user"].create({"contract_id": contract})
    work(lambda: shop.sync_state(user) == "synced")
    users = shop.env["sva.user"]
    users.action_skip([user], "A plataforma está verificando", "2099-01-01 12:00:00")
    shop.env["contract.contract"].action_block([contract])
    # whoever comes after it is served
    [other] = new_users(shop, 1)
    work(lambda: shop.sync_state(other) == "synced")
    assert shop.sync_state(user) == "pending"
    assert provider.platform.user(cpf)["status"] == "active"
    users.action_unstick([user])
    work(lambda: provider.platform.user(cpf)["status"] == "blocked")


def test_dunning_for_one_contract(shop):
    contract, other = (
        shop.contract_without_user("Cliente", make_cpf()) for _number in range(2)
    )
    for one in (contract, other):
        shop.invoice(one, 5)
    contracts = shop.env["contract.contract"]
    opened = contracts.action_preview_dunning([contract])
    previews = shop.env[opened["res_model"]]
    [preview] = previews.read([opened["res_id"]], ["is_due", "why"])
    assert preview["is_due"] and "5 d" in preview["why"]
    previews.action_run([opened["res_id"]])
    assert (shop.access(contract), shop.access(other)) == ("overdue", "active")


def test_bulk_work_writes_a_line_a_contract_and_tells_once_a_second(shop, sql, work):
    users = new_users(shop, 60)
    query = "SELECT id FROM sva_user WHERE id = ANY(%s) AND sync_state != 'synced'"
    work(lambda: not sql(query, users))
    contracts = [one for [one] in rows(sql, users, "contract_id")]
    [[line]] = sql("SELECT max(id) FROM mail_message")
    [[news]] = sql("SELECT coalesce(max(id), 0) FROM bus_bus")
    started = time.monotonic()
    shop.env["contract.contract"].action_block(contracts)
    work(lambda: not sql(query, users))
    seconds = time.monotonic() - started
    written = sql("SELECT model, res_id FROM mail_message WHERE id > %s", line)
    assert sorted(written) == sorted(("contract.contract", one) for one in contracts)
    told = sql(
        "SELECT id FROM bus_bus WHERE id > %s AND message LIKE %s",
        news,
        "%saber_plus_sva/changed%",
    )
    # each of the processes does so by itself
    assert len(told) <= 3 * (seconds + 1)
