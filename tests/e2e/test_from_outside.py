"""The manual's steps by other programs: XML-RPC and JSON-2."""

import odoorpc
import pytest
import requests

from ..support.provider import FRONT_DESK, LANGUAGE, MANAGER, TOKEN, XmlRpc
from ..support.shop import contract_values

HOUSE = "customers"


def customer_values(cpf, **values):
    return {"name": "Maria", "vat": cpf, "phone": "+55 11 98765-4321", **values}


def sold(shop, customer):
    """The values of a contract that sells SVA, with the type beside the product."""
    return contract_values("Maria", customer, shop.line(service_type="sva"))


def test_odoorpc(provider, shop, cpf):
    env = provider.login(FRONT_DESK).env
    customer = provider.login("admin").env["res.partner"].create(customer_values(cpf))
    contract = env["contract.contract"].create(sold(shop, customer))
    user_id = env["sva.user"].create({"contract_id": contract})
    provider.platform.wait_for(cpf, "active")
    user = env["sva.user"].browse(user_id)
    assert user.action_sync() is True
    [values] = env["sva.user"].read(
        [user_id], ["state", "platform_state", "sync_state", "password", "cpf_cnpj"]
    )
    assert values == {
        "id": user_id,
        "state": "active",
        "platform_state": "active",
        "sync_state": "synced",
        "password": False,
        "cpf_cnpj": cpf,
    }
    user.action_deactivate()
    provider.platform.wait_for(cpf, "disabled")
    user.action_activate()
    provider.platform.wait_for(cpf, "active")
    user.write({"phone": "11 91234-5678", "password": "segredo1"})
    assert user.action_sync() is True
    assert provider.platform.user(cpf)["phone"] == "+5511912345678"
    with pytest.raises(odoorpc.error.RPCError, match=r"^CPF já cadastrado\."):
        other = env["contract.contract"].create(sold(shop, customer))
        env["sva.user"].create({"contract_id": other})


def test_xml_rpc(provider, shop, cpf):
    call = XmlRpc(provider.server, "admin")
    customer = call("res.partner", "create", customer_values(cpf))
    contract = call("contract.contract", "create", sold(shop, customer))
    user = call("sva.user", "create", {"contract_id": contract})
    assert call("sva.user", "action_sync", [user]) is True
    provider.platform.wait_for(cpf, "active")
    assert call("sva.user", "action_deactivate", [user]) is True
    assert call("sva.user", "action_activate", [user]) is True
    integration = call("sva.integration", "search", [("name", "=", "Saber+")])
    # everything that is returned can be carried
    assert call("sva.integration", "action_test_connection", integration)["accounts"]
    assert call("sva.integration", "action_fetch_packages", integration)["available"]
    assert call("sva.integration", "button_fetch_packages", integration)["type"]
    [read] = call("sva.integration", "read", integration)
    assert read["token"] is False
    assert TOKEN not in repr(read)
    assert call("contract.contract", "action_new_sva_user", [contract])["res_model"]


def test_json_2(provider, shop, cpf):
    session = requests.Session()
    session.headers["Authorization"] = f"bearer {provider.api_key(MANAGER)}"

    def call(model, method, **arguments):
        return session.post(
            f"{provider.server.url}/json/2/{model}/{method}",
            json={"context": {"lang": LANGUAGE}, **arguments},
            timeout=30,
        )

    customer = provider.login("admin").env["res.partner"].create(customer_values(cpf))
    [contract] = call(
        "contract.contract", "create", vals_list=[sold(shop, customer)]
    ).json()
    [user] = call("sva.user", "create", vals_list=[{"contract_id": contract}]).json()
    answer = call("sva.user", "action_sync", ids=[user])
    assert (answer.status_code, answer.json()) == (200, True)
    provider.platform.wait_for(cpf, "active")
    answer = call("sva.user", "write", ids=[user], vals={"cpf_cnpj": "11144477735"})
    assert answer.status_code == 422
    assert "telefone" in answer.json()["message"]
    for private in ("_run", "_desired"):
        assert call("sva.user", private, ids=[user]).status_code >= 400


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"vat": "529.982.247-26"}, "CPF"),
        ({"vat": "11.444.777/0001-61"}, "CNPJ"),
        ({"vat": False, "phone": False}, "CPF, "),
        ({"phone": "(11) 3333-4444"}, "celular"),
    ],
)
def test_bad_input_is_explained_in_portuguese(provider, shop, cpf, values, words):
    odoo = provider.login("admin")
    customer = odoo.env["res.partner"].create(customer_values(cpf, **values))
    contract = odoo.env["contract.contract"].create(sold(shop, customer))
    with pytest.raises(odoorpc.error.RPCError, match=words):
        odoo.env["sva.user"].create({"contract_id": contract})
    assert not odoo.env["sva.user"].search([("contract_id", "=", contract)])
