"""Who must not write: a copy of the database, a second server."""

import socket

import odoorpc
import pytest

from ..support.cases import FULL
from ..support.provider import ADMIN_KEY, LANGUAGE, eventually

# the addon's own tests have a copy and a lost key, and the runbook a restored database
pytestmark = pytest.mark.skipif(not FULL, reason="FULL=1 starts second servers")

#: where a server keeps the key, in its data directory
KEY_FILE = "saber_plus_sva.key"


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
