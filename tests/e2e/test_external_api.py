"""A stranger who builds on the page on the external API; see also ``test_demo``."""

import contextlib
import json
import os
import random
import re
import threading
import time
import xmlrpc.client
from collections import deque

import pytest
import requests

from dev.day import today
from dev.demo import write_api_env
from dev.paths import ROOT
from dev.testing import ADDONS

from ..support.cases import FULL, one_of
from ..support.pages import EXTERNAL_API, blocks_of
from ..support.people import make_cpf
from ..support.provider import TOKEN, XmlRpc, eventually
from ..support.receiver import Receiver

#: what is said where a database was asked something that it did not understand
SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET|WHERE)\b|psycopg"
)


@pytest.fixture(scope="module")
def folder(provider, tmp_path_factory):
    """Where the demo has written down how it is reached; its platform is running."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / ".run").mkdir()
    env = provider.login("gerente").env
    integration = env.ref("saber_plus_sva.demo_integration")
    integration.write({"base_url": provider.platform.url, "token": TOKEN})
    integration.action_fetch_packages()
    values = write_api_env(
        provider.databases, provider.server, folder / ".run" / "demo.env"
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield folder


@pytest.fixture
def page(folder):
    """What the page's Python for pollers and for receivers defines."""
    names: dict = {}
    for block in blocks_of(EXTERNAL_API):
        if "def changes(" in block.code or "def verify(" in block.code:
            exec(block.code, names)
    return names


@pytest.fixture
def receiver(provider, page):
    """A program that a manager of the demo has Odoo tell of everything."""
    call = XmlRpc(provider.server, "gerente")
    receiver = Receiver(
        lambda headers, body: page["verify"](
            secret, {name.lower(): text for name, text in headers.items()}, body
        )
    )
    values = {"name": "CRM", "url": receiver.url}
    webhook = call("sva.webhook", "create", values)
    secret = call("sva.webhook", "action_new_secret", [webhook])["secret"]
    receiver.open()
    yield receiver
    receiver.close()
    call("sva.webhook", "unlink", [webhook])


def post(model, method, patience=120.0, key="", **arguments):
    return requests.post(
        f"{os.environ['ODOO_URL']}/json/2/{model}/{method}",
        json=arguments,
        headers={"Authorization": f"bearer {key or os.environ['ODOO_KEY']}"},
        timeout=patience,
    )


class Stranger:
    """Loads customers, contracts and users by keys of its own; lines are cut."""

    def __init__(self, count: int, product: int):
        first_day = today().isoformat()
        self.cpfs = [make_cpf() for _number in range(count)]
        keys = range(count)
        self.tables = {
            "res.partner": (
                ["id", "name", "vat", "phone"],
                [
                    [f"__crm__.c{n}", f"Freguês {n}", cpf, f"(11) 9{8000 + n}-1234"]
                    for n, cpf in enumerate(self.cpfs)
                ],
            ),
            "contract.contract": (
                [
                    *("id", "name", "partner_id/id", "line_recurrence"),
                    *("contract_line_ids/id", "contract_line_ids/product_id/.id"),
                    *("contract_line_ids/name", "contract_line_ids/date_start"),
                    "contract_line_ids/recurring_next_date",
                ],
                [
                    [
                        *(f"__crm__.k{n}", f"Contrato {n}", f"__crm__.c{n}", "True"),
                        *(
                            f"__crm__.l{n}",
                            str(product),
                            "Saber+ Kids",
                            first_day,
                            first_day,
                        ),
                    ]
                    for n in keys
                ],
            ),
            "sva.user": (
                ["id", "contract_id/id"],
                [[f"__crm__.u{n}", f"__crm__.k{n}"] for n in keys],
            ),
        }

    def load(self, model: str, cut_after: float) -> list[int]:
        """Load a table; the line is cut once, and what failed is repeated."""
        names, rows = self.tables[model]
        with contextlib.suppress(requests.exceptions.Timeout):
            post(model, "load", patience=cut_after, fields=names, data=rows)
        deadline = time.monotonic() + 120
        while True:
            answer = post(model, "load", fields=names, data=rows)
            result = answer.json()
            if answer.status_code == 200 and not result["messages"]:
                return result["ids"]
            # the first call is still at work
            assert time.monotonic() < deadline, result
            time.sleep(1)


def test_a_stranger(provider, folder, page, receiver):
    """Many customers over a bad line; a poller and a receiver miss nothing."""
    count = 500 if FULL else 40
    [product] = post(
        "product.product", "search", domain=[["name", "=", "Saber+ Kids"]]
    ).json()
    stranger = Stranger(count, product)
    kept: tuple[dict, dict] = ({}, {})
    fields = ["state", "platform_state", "sync_state"]
    over = threading.Event()
    stumbles: list[Exception] = []

    def poll():
        changes = page["changes"]
        deque(changes("sva.user", fields, kept[0]), maxlen=0)
        deque(changes("sva.user.removal", ["former_user_id"], kept[1]), maxlen=0)

    def keep_polling():
        try:
            while not over.is_set():
                poll()
                time.sleep(0.3)
        except Exception as error:
            stumbles.append(error)

    poller = threading.Thread(target=keep_polling)
    poller.start()
    try:
        for model, longest in (
            ("res.partner", 2.0),
            ("contract.contract", 10.0),
            ("sva.user", 6.0),
        ):
            ids = stranger.load(model, random.uniform(0.2, longest * count / 500))
            assert len({*ids}) == count
        # the receiver's machine is switched off while there is most to hear
        eventually(lambda: receiver.heard("sva_user.settled"), patience=60)
        receiver.close()
        everything = stranger.load("sva.user", random.uniform(0.2, 2.0))
        assert everything == ids
        mine = [["id", "in", ids]]
        eventually(
            lambda: (
                not post(
                    "sva.user",
                    "search_count",
                    domain=[*mine, ["sync_state", "!=", "synced"]],
                ).json()
            ),
            patience=120,
        )
        there = provider.platform.users()
        assert {there[cpf]["status"] for cpf in stranger.cpfs} == {"active"}
        # … and its program is not well when the machine is on again
        receiver.status = 503
        receiver.open()
        gone = random.sample(ids, 20)
        post("sva.user", "unlink", ids=gone).raise_for_status()
        time.sleep(5)
        receiver.status = 200
    finally:
        over.set()
        poller.join()
    assert not stumbles
    poll()
    left = post(
        "sva.user", "search_read", domain=mine, fields=fields, order="id"
    ).json()
    assert [row["id"] for row in left] == sorted({*ids} - {*gone})
    assert [kept[0]["records"][row["id"]] for row in left] == left
    former = {row["former_user_id"] for row in kept[1]["records"].values()}
    assert {*gone} <= former
    assert_told(receiver, ids, gone)


def assert_told(receiver: Receiver, ids: list[int], gone: list[int]) -> None:
    """The receiver has heard of each once, and of each user in order.

    :param ids: the SVA users that came to be, each of them active
    :param gone: those that were deleted after that
    """
    eventually(lambda: {*gone} <= {*receiver.heard("sva_user.deleted")}, patience=240)
    eventually(lambda: {*ids} <= {*receiver.heard("sva_user.settled")}, patience=240)
    assert not receiver.forged
    heard: dict[int, list[str]] = {id_: [] for id_ in ids}
    for told in list(receiver.posts.values()):
        # others may be at work in the same demo
        heard.get(told["data"]["id"], []).append(told["type"])
    for id_, kinds in heard.items():
        end = ["sva_user.deleted"] if id_ in gone else []
        assert kinds == ["sva_user.settled", *end]
    assert "Freguês" not in json.dumps(list(receiver.posts.values()))


#: the public methods of our models, and the names of their arguments
METHODS = """
import inspect, json
found = {}
# of what all models have alike, a few
alike = {"create", "write", "onchange", "default_get"}
few = {"res.partner", "product.template", "contract.contract", "contract.line",
       "contract.contract.terminate", "contract.dunning.settings", "sva.integration",
       "sva.user"}
for name, model in env.registry.items():
    for attribute in dir(model):
        method = getattr(model, attribute)
        place = getattr(inspect.unwrap(method), "__module__", None) or ""
        if attribute in alike and name not in few:
            continue
        if attribute.startswith("_") or not inspect.isfunction(inspect.unwrap(method)):
            continue
        if not place.startswith(("odoo.addons.contract_access.models",
                                 "odoo.addons.saber_plus_sva.models",
                                 "odoo.addons.contract_access.wizards",
                                 "odoo.addons.saber_plus_sva.wizards")):
            continue
        if any(getattr(getattr(cls, attribute, None), "_api_private", False)
               for cls in model.mro()) or model._abstract:
            continue
        arguments = list(inspect.signature(method).parameters)[1:]
        # Odoo's own, or OCA's, with a layer of ours around it
        is_layer = any(attribute in vars(cls) for cls in model.mro()
                       if "contract_access" not in cls.__module__
                       and "saber_plus_sva" not in cls.__module__)
        found.setdefault(name, {})[attribute] = (
            arguments, getattr(method, "_api_model", False), is_layer)
print("METHODS " + json.dumps(found))
"""
#: XML-RPC's code of a fault that comes with a traceback
SERVER_ERROR = 1
#: what nobody should give
WRONG = (5, True, "2026-01-01T00:00:00Z", [[1]], {"a": 1})
WRONG_IDS = ("7", ["abc"], [[1]], [2**40], {"a": 1})


def test_wrong_types(provider, folder):
    """No 500 that our code could have answered, and no SQL."""
    output = provider.databases.odoo.shell(provider.server.database, METHODS)
    found = json.loads(re.search(r"^METHODS (.*)$", output, re.MULTILINE)[1])
    # who may call everything: else it would be the right that is missing
    key = provider.api_key("gerente")
    call = XmlRpc(provider.server, "gerente")
    complaints = [
        complaint
        for model, methods in found.items()
        for method, (names, is_for_model, is_layer) in methods.items()
        for arguments in wrong_arguments(names, is_for_model)
        for complaint in (
            complaint_about(key, model, method, arguments, is_layer),
            xml_rpc_complaint_about(call, model, method, arguments, is_layer),
        )
        if complaint
    ]
    assert not complaints, "\n".join(map(str, complaints))


def wrong_arguments(names, is_for_model):
    """Calls in which one thing is of another type; with ``FULL=1``, of each other."""
    first = dict.fromkeys(names, 1)
    if not is_for_model:
        for wrong in one_of(WRONG_IDS):
            yield {"ids": wrong, **first}
        first["ids"] = [1]
    for name in names:
        for wrong in one_of(WRONG):
            yield {**first, name: wrong}


def complaint_about(key, model, method, arguments, is_layer):
    """What is wrong with the answer to a call; None where it is as it should be.

    What Odoo's core answers by itself, within a method of its own, stays as it is.
    """
    answer = post(model, method, key=key, **arguments)
    if answer.status_code == 200:
        return None
    body = answer.json()
    call = (model, method, arguments)
    if answer.status_code != 500:
        return (*call, "SQL") if SQL.search(body["message"]) else None
    return is_ours(body["debug"], is_layer) and (*call, 500, last_of(body["debug"]))


def xml_rpc_complaint_about(call, model, method, arguments, is_layer):
    """The same over XML-RPC."""
    ids = [arguments["ids"]] if "ids" in arguments else []
    named = {name: value for name, value in arguments.items() if name != "ids"}
    try:
        call(model, method, *ids, **named)
    except OverflowError:  # no number of XML-RPC's
        return None
    except xmlrpc.client.Fault as fault:
        said = (model, method, arguments, "XML-RPC")
        if fault.faultCode != SERVER_ERROR:
            return (*said, "SQL") if SQL.search(fault.faultString) else None
        trace = fault.faultString
        return is_ours(trace, is_layer) and (*said, last_of(trace))
    return None


def is_ours(trace: str, is_layer: bool) -> bool:
    """Whether our code could have answered what has ended in a traceback."""
    frames = re.findall(r'File "([^"]+)"', trace)
    ours = tuple(f"{ROOT / addon}/" for addon in ADDONS)
    return not is_layer or frames[-1].startswith(ours)


def last_of(trace: str) -> str:
    return trace.strip().splitlines()[-1]
