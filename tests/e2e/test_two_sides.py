"""Who must not write: a copy of the database, a second server, a side of yesterday."""

import socket

import odoorpc
import pytest

from ..support.people import make_cpf
from ..support.provider import ADMIN_KEY, LANGUAGE, eventually

#: where a server keeps the key, in its data directory
KEY_FILE = "saber_plus_sva.key"


def waiting(shop) -> list[dict]:
    """What the comparisons that ask would change."""
    return shop.env["sva.reconciliation.difference"].search_read(
        [("reconciliation_id.state", "=", "waiting")], ["name", "kind"]
    )


def test_a_copy_of_the_database_writes_nothing(provider, databases, shop, cpf):
    """Another database with the same key, whose workers run."""
    contract = shop.contract("Ana", cpf)
    server, platform = provider.server, provider.platform
    name = f"{server.database}_copy"
    # a database that somebody is connected to is not copied
    server.stop()
    databases.drop(name)
    try:
        databases.duplicate(server.database, name)
        server.start()
        platform.forget()
        with databases.odoo.server(name) as other:
            odoo = odoorpc.ODOO("127.0.0.1", port=other.port)
            odoo.login(name, "admin", ADMIN_KEY)
            env = odoo.env
            env.context["lang"] = LANGUAGE
            accounts = env["sva.integration"]
            env["contract.contract"].action_block([contract])
            told = [("res_model", "=", "sva.integration")]
            told.append(("res_id", "=", shop.integration))
            eventually(lambda: env["mail.activity"].search_count(told) == 1)
            [account] = accounts.read(
                [shop.integration], ["is_elsewhere", "connection_error", "paused_since"]
            )
            assert account["is_elsewhere"] and account["paused_since"]
            assert "outro banco" in account["connection_error"]
            [user] = env["sva.user"].search([("cpf_cnpj", "=", cpf)])
            for model, button, record in (
                ("sva.user", "action_sync", user),
                ("sva.integration", "action_reconcile", shop.integration),
                ("sva.integration", "action_test_connection", shop.integration),
            ):
                with pytest.raises(Exception, match="outro banco"):
                    getattr(env[model], button)([record])
            assert platform.requests() == []
            assert platform.user(cpf)["status"] == "active"
            # unless somebody says that it is the real one
            accounts.action_confirm_database([shop.integration])
            platform.wait_for(cpf, "blocked")
            eventually(lambda: env["mail.activity"].search_count(told) == 0)
    finally:
        databases.drop(name)
    # the real one is not concerned
    shop.env["sva.integration"].action_test_connection([shop.integration])
    shop.env["contract.contract"].action_block([contract])
    eventually(lambda: platform.user(cpf)["status"] == "blocked")


def test_a_second_server_makes_no_key_of_its_own(
    provider, databases, shop, cpf, tmp_path
):
    """Of the same database, with a data directory in which nobody has put the key."""
    contract = shop.contract("Gil", cpf)
    server, platform = provider.server, provider.platform
    # it would go on with what the second one leaves, and is right to
    server.stop()
    with databases.odoo.server(server.database, data_dir=tmp_path) as second:
        odoo = odoorpc.ODOO("127.0.0.1", port=second.port)
        odoo.login(server.database, "admin", ADMIN_KEY)
        odoo.env.context["lang"] = LANGUAGE
        users = odoo.env["sva.user"]
        [user] = users.search([("cpf_cnpj", "=", cpf)])
        platform.forget()
        with pytest.raises(Exception, match="Nenhuma chave nova"):
            users.write([user], {"password": "segredo-novo"})
        with pytest.raises(Exception, match="chave de criptografia"):
            users.action_sync([user])
        assert not (tmp_path / KEY_FILE).exists()
        assert platform.requests() == []
        [line] = [line for line in second.warnings() if "no calls are made" in line]
        assert f"the server {socket.gethostname()} has no key" in line
    server.start()
    shop.env["sva.integration"].action_test_connection([shop.integration])
    shop.env["contract.contract"].action_block([contract])
    platform.wait_for(cpf, "blocked")


def test_a_comparison_that_would_change_much_asks_first(provider, shop, heard_of):
    """By its own limits: nobody has said that anything was restored."""
    platform = provider.platform
    asks = ("activity_comparison_asks", "sva.integration", shop.integration)
    settings = shop.env["res.config.settings"]
    limits = {"sva_comparison_changes": 2, "sva_comparison_share": 5}
    settings.execute([settings.create(limits)])
    cpfs = {name: make_cpf() for name in ("Bia", "Caio", "Davi", "Eva")}
    for name, cpf in cpfs.items():
        shop.contract(name, cpf)

    def compare() -> None:
        shop.env["sva.integration"].action_reconcile([shop.integration])

    def block_on_the_platform(*names: str) -> None:
        for name in names:
            platform.put_user(platform.user(cpfs[name])["id"], status="blocked")

    # few changes are usual
    block_on_the_platform("Bia", "Caio")
    compare()
    for name in ("Bia", "Caio"):
        platform.wait_for(cpfs[name], "active")
    assert heard_of(*asks) == 0

    block_on_the_platform("Bia", "Caio")
    platform.delete_user(platform.user(cpfs["Davi"])["id"])
    platform.forget()
    for _night in range(2):
        compare()
        found = {(row["name"], row["kind"]) for row in waiting(shop)}
        assert found == {
            ("Bia", "different"),
            ("Caio", "different"),
            ("Davi", "missing"),
        }
        assert heard_of(*asks) == 1
    # business goes on meanwhile, and nothing of the list is touched
    [user] = shop.env["sva.user"].search([("cpf_cnpj", "=", cpfs["Eva"])])
    shop.env["sva.user"].write([user], {"phone": "11 91234-5678"})
    eventually(lambda: platform.user(cpfs["Eva"])["phone"] == "+5511912345678")
    assert {platform.user(cpfs[name])["status"] for name in ("Bia", "Caio")} == {
        "blocked"
    }
    assert platform.user(cpfs["Davi"]) is None

    runs = shop.env["sva.reconciliation"]
    runs.action_apply(runs.search([("state", "=", "waiting")]))
    for name in cpfs:
        platform.wait_for(cpfs[name], "active")
    assert heard_of(*asks) == 0


def test_who_was_deleted_and_is_there_again_is_deleted_again(provider, shop, sql, cpf):
    """The platform was restored to a moment before the deletion."""
    platform = provider.platform
    shop.contract("Fábio", cpf)
    before = platform.user(cpf)
    users = shop.env["sva.user"]
    users.unlink(users.search([("cpf_cnpj", "=", cpf)]))
    gone = "SELECT id FROM sva_user_removal WHERE cpf_cnpj = %s"
    eventually(lambda: sql(f"{gone} AND sync_state = 'synced'", cpf))
    assert platform.user(cpf) is None

    kept = ("cpf", "name", "username", "phone", "package_code", "external_ref")
    again = platform.add_user(**{name: before[name] for name in kept})
    # a backup has the same ids; and it was an hour ago
    sql(
        "UPDATE sva_user_removal SET platform_user_id = %s,"
        " last_sync_date = last_sync_date - interval '1 hour' WHERE cpf_cnpj = %s",
        *(again["id"], cpf),
    )
    shop.env["sva.integration"].action_reconcile([shop.integration])
    eventually(lambda: platform.user(cpf) is None)
    assert not shop.env["sva.divergence"].search([("cpf_cnpj", "=", cpf)])
