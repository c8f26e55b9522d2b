"""A database of an earlier version is updated, in which people have worked."""

import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import odoorpc
import pytest

from dev.odoo import warnings_in
from sandbox.server import running

from ..earlier.keys import KEY, TOKEN
from ..support.provider import LANGUAGE, Platform, eventually

DUMPS = sorted((Path(__file__).parents[1] / "earlier").glob("*.sql.xz"))
TEMPLATES = ("welcome", "password", "blocked", "released", "cancelled")


@pytest.fixture
def platform(tmp_path) -> Iterator[Platform]:
    with running(tmp_path / "sandbox.db", TOKEN) as server:
        yield Platform(server.root)


@pytest.fixture
def name(databases, worker_id) -> Iterator[str]:
    name = f"{databases.name('e2e')}_{worker_id}_earlier"
    databases.drop(name)
    yield name
    databases.drop(name)


@pytest.fixture
def sql(databases, name) -> Callable[..., list[tuple]]:
    def execute(query: str, *parameters) -> list[tuple]:
        with databases.cursor(name) as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    return execute


def restore(databases, name: str, dump: Path) -> None:
    with databases.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    with databases.cursor(name) as cursor:
        cursor.execute(lzma.decompress(dump.read_bytes()).decode())


def remember(sql, platform: Platform) -> None:
    """The platform is where it was, and holds whom it held."""
    sql("UPDATE sva_integration SET base_url = %s", platform.url)
    # others' actions find nothing in the dump of what they are about
    sql(
        "UPDATE ir_cron SET active = FALSE FROM ir_model_data AS data"
        " WHERE data.model = 'ir.cron' AND data.res_id = ir_cron.id"
        " AND data.module NOT IN ('contract_access', 'saber_plus_sva')"
    )
    # a dump names no machine; whoever logs in as administrator would set it
    sql(
        "INSERT INTO ir_config_parameter (key, value)"
        " VALUES ('web.base.url', 'http://127.0.0.1') ON CONFLICT DO NOTHING"
    )
    for table, status in (
        ("sva_user", "platform_state"),
        ("sva_user_removal", "'active'"),
    ):
        known = sql(
            f"SELECT id, {status}, cpf_cnpj, name, external_ref FROM {table}"
            " WHERE platform_user_id IS NOT NULL"
        )
        assert known, table
        for row, state, cpf, person, reference in known:
            user = platform.add_user(
                cpf=cpf,
                name=person,
                username=cpf,
                phone="+5511987654321",
                package_code="SABER-LIVROS",
                external_ref=reference,
                status=state,
            )
            sql(
                f"UPDATE {table} SET platform_user_id = %s WHERE id = %s",
                *(user["id"], row),
            )
    platform.forget()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name[: -len(".sql.xz")])
def test_an_update(databases, platform, name, sql, monkeypatch, dump):
    restore(databases, name, dump)
    remember(sql, platform)
    since = dict(
        sql("SELECT id, write_date FROM sva_user WHERE sync_state = 'pending'")
    )
    assert len(since) == 3
    monkeypatch.setenv("SABER_PLUS_SVA_KEYS", KEY)
    arguments = ["--update", "contract_access"]
    log = databases.odoo.run(name, arguments, what="The update")
    assert warnings_in(log) == []

    # what there is has what is new
    assert since == dict(
        sql("SELECT id, pending_since FROM sva_user WHERE id IN %s", tuple(since))
    )
    hours = {
        action: (str(nextcall.time()), active)
        for action, nextcall, active in sql(
            "SELECT data.name, nextcall, active FROM ir_cron JOIN ir_model_data data"
            " ON data.model = 'ir.cron' AND res_id = ir_cron.id"
        )
    }
    # chosen by somebody; by nobody; switched off
    assert hours["cron_contract_lifecycle"] == ("04:00:00", True)
    assert hours["cron_reconcile"] == ("11:30:00", True)
    assert not hours["cron_fetch_packages"][1]
    assert {"cron_watch", "cron_bulk_operations"} <= hours.keys()

    with databases.odoo.server(name) as server:
        odoo = odoorpc.ODOO("127.0.0.1", port=server.port)
        odoo.login(name, "admin", "admin")
        env = odoo.env
        env.context["lang"] = LANGUAGE
        # people's own stays theirs
        template = env.ref("contract_access.mail_template_overdue")
        assert template.with_context(lang="en_US").subject == "Nosso aviso"
        assert env.ref("contract_access.terminate_reason_moved").name == "Foi embora"
        company = env["res.company"].read(
            [1],
            ["contract_notice_after_days", "contract_block_after_notice_days"],
        )[0]
        assert [*company.values()][1:] == [2, 20]
        templates = sql(
            "SELECT module || '.' || name FROM ir_model_data"
            " WHERE model = 'mail.template'"
        )
        assert ("contract_access.mail_template_terminated",) not in templates
        for occasion in TEMPLATES:
            xml_id = f"saber_plus_sva.mail_template_{occasion}"
            assert (xml_id,) in templates
            assert env.ref(xml_id).name.startswith("SVA: ")

        # both sides come into step by themselves, by the old token and the old key
        waiting = "SELECT id FROM sva_user WHERE sync_state != 'synced'"
        eventually(lambda: not sql(waiting), 60)
        waiting = waiting.replace("sva_user", "sva_user_removal")
        eventually(lambda: not sql(waiting), 60)
        held = platform.users()
        wanted = dict(sql("SELECT cpf_cnpj, state FROM sva_user"))
        assert {cpf: user["status"] for cpf, user in held.items()} == wanted
        assert sorted(wanted.values()) == [
            *("active", "active", "blocked", "blocked", "disabled")
        ]
        [(cpf,)] = sql("SELECT cpf_cnpj FROM sva_user WHERE name = 'Senha'")
        assert platform.has_password(held[cpf]["id"], "segredo-antigo")
        assert len(platform.requests("createUser")) == 1
        # nobody is alarmed but of what somebody has switched off, and nobody is told
        # again what he knows
        env["sva.integration"].action_reconcile(env["sva.integration"].search([]))
        told = (
            "SELECT data.name FROM mail_activity JOIN ir_model_data AS data"
            " ON data.model = 'mail.activity.type' AND data.res_id = activity_type_id"
        )
        eventually(lambda: sql(told), 90)
        assert sql(told) == [("activity_action_off",)]
        mailed = sql(
            "SELECT DISTINCT contract_id FROM sva_user JOIN mail_message message"
            " ON model = 'sva.user' AND message.res_id = sva_user.id"
            " WHERE message_type = 'email_outgoing' AND sva_user.name = 'Ativa'"
        )
        assert mailed == []
        worse = [
            line for line in server.warnings() if "calls are made again" not in line
        ]
        assert worse == []
