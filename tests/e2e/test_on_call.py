"""What wakes somebody at night: a platform that hangs, workers that are killed, a stop.

Odoo has processes here, whose watchdog kills a scheduled action after some seconds.
"""

import xmlrpc.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psutil
import psycopg2
import pytest

from dev.testing import ADDONS

from ..support.cases import FULL
from ..support.people import make_cpf
from ..support.provider import XmlRpc, eventually

#: Odoo's `limit_time_real_cron`, in seconds
LIMIT = 24
#: a platform that hangs does so for longer
HANGS = 60


@pytest.fixture(scope="module")
def server_options() -> dict:
    return {"workers": 2, "max_cron_threads": 1, "limit_time_real_cron": LIMIT}


@pytest.fixture(autouse=True)
def mended(provider, shop, sql) -> Iterator[None]:
    """A platform that is well, and an integration that knows it."""
    yield
    provider.platform.mend()
    sql("UPDATE sva_integration SET request_timeout = 4")
    shop.env["sva.integration"].action_test_connection([shop.integration])


def rows(sql, ids: list[int], columns: str) -> list[tuple]:
    return sql(f"SELECT {columns} FROM sva_user WHERE id = ANY(%s) ORDER BY id", ids)


def are_synced(sql, users: list[int]) -> bool:
    return set(rows(sql, users, "sync_state")) == {("synced",)}


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
    customers = [
        {"name": f"Cliente {number}", "vat": make_cpf(), "phone": "(11) 98765-4321"}
        for number in range(count)
    ]
    contracts = shop.sell(customers)
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


@pytest.mark.parametrize("how", ["pause", *(["archive"] if FULL else [])])
def test_a_stop_stops_in_the_middle_of_a_batch(provider, shop, sql, work, how):
    integrations = shop.env["sva.integration"]
    # the less a call may take, the longer a batch would go on
    sql("UPDATE sva_integration SET request_timeout = 2")
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
    if how == "archive":
        integrations.write([shop.integration], {"active": True})
    integrations.action_resume([shop.integration])
    work(lambda: are_synced(sql, users))


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
