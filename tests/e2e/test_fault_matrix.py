"""Every operation times everything that can go wrong with it, from outside.

A case brings one SVA user of its own to where an operation starts, lets the sandbox
spoil that operation, and looks at what the failure was taken for. Then the fault is
mended, and the next turn has to bring both sides in step. What a failure has to be
taken for is said in tables here, and not asked of the code that is tested.
"""

import itertools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import odoorpc
import pytest
import requests

from sandbox import faults

from ..support.cases import chosen
from ..support.faults import (
    ACCOUNT,
    ASKED_FOR,
    AWAY,
    FAULTS,
    HEALED,
    ONLY_AFTER,
    RATE,
    REFUSED,
    RETRY,
    TIMEOUT,
    Fault,
)
from ..support.people import make_cpf
from ..support.provider import FRONT_DESK, MANAGER, TOKEN, Provider
from ..support.shop import Shop

#: of a row, and of the integration: what each of them looks like
SIGNS = ("sync_state", "attempts", "has_date", "connection", "paused", "incidents")
ROW = {
    RETRY: ("pending", 1, True, "connected", False, 0),
    REFUSED: ("failed", 1, False, "connected", False, 0),
    ACCOUNT: ("pending", 0, False, "unauthorized", False, 1),
    RATE: ("pending", 0, False, "connected", True, 0),
    AWAY: ("pending", 0, False, "unreachable", True, 1),
    HEALED: ("synced", 0, False, "connected", False, 0),
}
#: of a reconciliation, whose date is when it goes on: it has one of its own even
#: while the whole integration waits
RUN = {
    RETRY: ("running", 1, True, "connected", False, 0),
    REFUSED: ("failed", 0, False, "connected", False, 0),
    ACCOUNT: ("running", 1, True, "unauthorized", False, 1),
    RATE: ("running", 1, True, "connected", True, 0),
}
#: of the integration alone
CONNECTION = {
    RETRY: ("connected", False, 0),
    REFUSED: ("connected", False, 0),
    ACCOUNT: ("unauthorized", False, 1),
    RATE: ("connected", True, 0),
    AWAY: ("unreachable", True, 1),
}


@dataclass(frozen=True)
class Operation:
    """A call of the platform's API, and how it comes about.

    :param api: the sandbox's name for it
    :param start: ``none``, ``active`` or ``disabled``: the user before it
    :param want: what makes it due
    :param end: the platform's status of the user after it
    """

    name: str
    api: str
    start: str = "active"
    want: "Callable[[Workshop, Row], object]" = lambda shop, row: None
    end: str | None = "active"


READS = {"getUser", "listUsers", "listPackages", "getAccount"}
NEW_PHONE, NEW_PASSWORD = "+5511912345678", "segredo1"
OPERATIONS = [
    Operation("create", "createUser", "none", lambda shop, row: shop.create(row)),
    Operation("update", "updateUser", want=lambda shop, row: shop.update(row)),
    Operation(
        "block",
        "setUserStatus",
        want=lambda shop, row: shop.call("contract.contract", "block", row.contract),
        end="blocked",
    ),
    Operation(
        "disable",
        "setUserStatus",
        want=lambda shop, row: shop.call("sva.user", "deactivate", row.id),
        end="disabled",
    ),
    Operation(
        "activate",
        "setUserStatus",
        "disabled",
        lambda shop, row: shop.call("sva.user", "activate", row.id),
    ),
    Operation(
        "delete",
        "deleteUser",
        want=lambda shop, row: shop.env["sva.user"].unlink([row.id]),
        end=None,
    ),
    # what a crash leaves: nobody knows what became of the user
    Operation("look_up_id", "getUser", want=lambda shop, row: shop.forget(row)),
    Operation(
        "look_up_ref", "listUsers", want=lambda shop, row: shop.forget(row, id=None)
    ),
]
LIST = Operation("list", "listUsers")
PACKAGES = Operation("packages", "listPackages")
TEST = Operation("test", "getAccount")

#: cells that mean something else than their row of FAULTS says; None: nothing at all
OTHERWISE = {
    # "gone already" is what a deletion hopes to hear: that it is not true cannot be
    # told from that it is
    ("delete", "status404", "before"): None,
    # no user is named: there is no such list, so this is no answer of the platform's
    ("look_up_ref", "status404", "before"): RETRY,
    ("list", "status404", "before"): RETRY,
    ("packages", "status404", "before"): RETRY,
    # nor can it refuse to say whose account this is
    ("test", "status404", "before"): AWAY,
    ("test", "status422", "before"): AWAY,
    ("test", "expired_token", "before"): ACCOUNT,
    # this is the question whether the platform is there
    **{
        ("test", fault.name, when): AWAY
        for fault in FAULTS
        if fault.means == RETRY
        for when in ("before", "after")
    },
}


@dataclass(frozen=True)
class Cell:
    """One operation and one fault, before or after the effect."""

    operation: Operation
    fault: Fault
    when: str
    means: str

    def __str__(self) -> str:
        return f"{self.operation.name}-{self.fault.name}-{self.when}"


def cells(*operations: Operation) -> list[Cell]:
    """The matrix of some operations, without the cells that mean nothing."""
    matrix = []
    for operation, fault in itertools.product(operations, FAULTS):
        moments = ["before", "after"]
        if fault.kind in ONLY_AFTER:
            moments = ["after"]
        elif operation.api in READS:
            moments = ["before"]  # what only looks has no effect to be after
        for when in moments:
            key = (operation.name, fault.name, when)
            means = OTHERWISE.get(key, fault.means)
            if means:
                matrix.append(Cell(operation, fault, when, means))
    return matrix


ROWS = cells(*OPERATIONS)
LISTS, QUESTIONS = cells(LIST), cells(PACKAGES, TEST)


@pytest.fixture(scope="module")
def server_options() -> dict:
    """Nothing runs by itself, no job either: each turn is a test's own."""
    return {"max_cron_threads": 0, "server_wide_modules": "base,rpc,web"}


@dataclass
class Row:
    """A customer's contract, and its SVA user once there is one."""

    cpf: str
    contract: int
    id: int | None = None
    deleted: bool = False
    external_ref: str | None = None


class Workshop(Shop):
    """The provider, worked on by RPC; and what no clock can do in a running process."""

    def __init__(self, provider: Provider):
        super().__init__(provider)
        self.platform = provider.platform
        self.front_desk = provider.login(FRONT_DESK).env
        self.manager = provider.login(MANAGER).env
        self._url = provider.server.url
        self._databases = provider.databases
        self._database = provider.server.database
        self._crons = {
            name: self.env.ref(f"saber_plus_sva.{name}").id
            for name in ("cron_sync_users", "cron_reconcile_go_on")
        }
        self._stock: dict[str, list[Row]] = {}
        self.cpfs: set[str] = set()
        self.manager["sva.integration"].write(
            [self.integration], {"request_timeout": TIMEOUT}
        )
        self.ask("action_test_connection")

    # what people and programs do

    def ask(self, button: str) -> str | None:
        """Press a button of the integration; return the words of its refusal."""
        return words_of(
            lambda: getattr(self.manager["sva.integration"], button)([self.integration])
        )

    def sync(self, row: Row) -> str | None:
        """Press the button of a user; return the words of its refusal."""
        return words_of(lambda: self.front_desk["sva.user"].action_sync([row.id]))

    def call(self, model: str, action: str, record: int) -> None:
        getattr(self.env[model], f"action_{action}")([record])

    def create(self, row: Row) -> None:
        row.id = self.front_desk["sva.user"].create({"contract_id": row.contract})

    def update(self, row: Row) -> None:
        values = {"phone": NEW_PHONE, "password": NEW_PASSWORD}
        self.front_desk["sva.user"].write([row.id], values)

    def engine(self) -> None:
        """One turn of the scheduled action."""
        self._turn("cron_sync_users")

    def go_on(self) -> None:
        """One turn of the action that goes on with reconciliations."""
        self._turn("cron_reconcile_go_on")

    def _turn(self, name: str) -> None:
        if os.environ.get("QUEUE") and self._run_job(f"saber_plus_sva.{name}"):
            return
        # the scheduled actions go on beside the queue
        self.env["ir.cron"].method_direct_trigger([self._crons[name]])

    def _run_job(self, action: str) -> bool:
        """Run the last job for an action, if there is one, as the queue's runner does.

        :return: whether there was one
        """
        with self._databases.cursor(self._database) as cursor:
            cursor.execute(
                """
                UPDATE queue_job SET state = 'enqueued', eta = NULL, date_done = NULL
                 WHERE id = (
                    SELECT max(id) FROM queue_job
                     WHERE method_name = '_run_as_job' AND args::text LIKE %s
                 )
                RETURNING uuid
                """,
                [f'%"{action}"%'],
            )
            jobs = cursor.fetchall()
        if not jobs:
            return False
        [[uuid]] = jobs
        answer = requests.get(
            f"{self._url}/queue_job/runjob",
            params={"db": self._database, "job_uuid": uuid},
            timeout=60,
        )
        answer.raise_for_status()
        return True

    # what time does, and a crash

    def _sql(self, *statements: str) -> None:
        with self._databases.cursor(self._database) as cursor:
            cursor.execute(";".join(statements))

    def wait(self) -> None:
        """As if all that has a date had been waited for."""
        dates = {
            "sva_user": "next_sync_date",
            "sva_user_removal": "next_sync_date",
            "sva_reconciliation": "next_date",
            "sva_integration": "paused_until",
        }
        past = "now() AT TIME ZONE 'UTC' - interval '1s'"
        self._sql(
            *(
                f"UPDATE {table} SET {name} = {past} WHERE {name} IS NOT NULL"
                for table, name in dates.items()
            )
        )

    def forget(self, row: Row, **known) -> None:
        """As after a crash: nothing is known of the user, perhaps not even its id."""
        self._sql(
            "UPDATE sva_user SET sync_state = 'pending', platform_state = 'unknown'"
            + (", platform_user_id = NULL" if known else "")
            + f" WHERE id = {row.id}"
        )

    def give_up(self) -> None:
        """Take out of the way what a case that failed has left."""
        self._sql(
            *(
                f"UPDATE {table} SET next_sync_date = '2099-01-01'"
                " WHERE sync_state = 'pending'"
                for table in ("sva_user", "sva_user_removal")
            ),
            "UPDATE sva_reconciliation SET state = 'failed' WHERE state = 'running'",
        )

    # rows to begin with

    def take(self, start: str) -> Row:
        """A row that starts like that; made in lots, which is much quicker."""
        stock = self._stock.setdefault(start, [])
        if not stock:
            stock += self._lot(start)
        return stock.pop()

    def _lot(self, start: str, size: int = 12) -> list[Row]:
        cpfs = [make_cpf() for _ in range(size)]
        self.cpfs.update(cpfs)
        contracts = self.sell(
            [
                {"name": f"Maria {cpf[:9]}x", "vat": cpf, "phone": "(11) 98765-4321"}
                for cpf in cpfs
            ]
        )
        rows = [Row(*pair) for pair in zip(cpfs, contracts, strict=True)]
        if start == "none":
            return rows
        users = self.env["sva.user"].create(
            [{"contract_id": contract} for contract in contracts]
        )
        self.engine()
        if start == "disabled":
            self.env["sva.user"].action_deactivate(users)
            self.engine()
        for row, user in zip(rows, users, strict=True):
            row.id = user
        held = self.platform.users()
        assert {held[cpf]["status"] for cpf in cpfs} == {start}
        return rows

    # what is to be seen

    def requests(self) -> list[str]:
        """The operations called since the last time."""
        called = self.platform.operations()
        self.platform.forget()
        return called

    def connection(self) -> tuple:
        """The signs of the integration; what it says is readable."""
        [seen] = self.manager["sva.integration"].read(
            [self.integration],
            ["connection_state", "paused_until", "connection_error", "activity_ids"],
        )
        if seen["connection_error"]:
            assert_readable(seen["connection_error"])
        incidents = 0
        [kind] = self.env["ir.model.data"].search_read(
            [("module", "=", "saber_plus_sva"), ("name", "=", "activity_incident")],
            ["res_id"],
        )
        for activity in self.manager["mail.activity"].read(
            seen["activity_ids"], ["activity_type_id", "note"]
        ):
            assert_readable(re.sub(r"<[^>]+>", "", activity["note"]))
            # the other kind tells of refused removals, which other cases leave behind
            incidents += activity["activity_type_id"][0] == kind["res_id"]
        self.paused = seconds_until(seen["paused_until"])
        return (
            seen["connection_state"],
            bool(seen["paused_until"]),
            incidents,
        )

    def look_at(self, row: Row, fields: tuple = ()) -> dict:
        """The row: that of the user, or of what is left of it."""
        model = self.env["sva.user.removal" if row.deleted else "sva.user"]
        wanted = [("cpf_cnpj", "=", row.cpf)] if row.deleted else [("id", "=", row.id)]
        names = ["sync_state", "sync_attempts", "next_sync_date", "sync_error"]
        [seen] = model.search_read(wanted, [*names, *fields])
        return seen

    def signs(self, row: Row) -> tuple:
        """The signs of a row and of the integration."""
        seen = self.look_at(row)
        self.error = seen["sync_error"]
        self.wait_of_row = seconds_until(seen["next_sync_date"])
        return (
            seen["sync_state"],
            seen["sync_attempts"],
            bool(seen["next_sync_date"]),
            *self.connection(),
        )

    def assert_in_step(self, row: Row, status: str | None) -> None:
        """Both sides hold the same, and nothing of the incident is left."""
        held = self.platform.user(row.cpf)
        assert self.connection() == ("connected", False, 0)
        leases = ("lease_token", "lease_until", "error_code", "platform_state")
        seen = self.look_at(row, leases)
        ours = {name: seen[name] for name in (*leases, "sync_state", "sync_error")}
        assert ours == {
            "lease_token": False,
            "lease_until": False,
            "error_code": False,
            "sync_error": False,
            "sync_state": "synced",
            "platform_state": status or "absent",
        }
        if status is None:
            assert not held
            assert not self.env["sva.user"].search([("cpf_cnpj", "=", row.cpf)])
            return
        names = ["name", "phone", "external_ref", "state", "has_pending_password"]
        [wanted] = self.env["sva.user"].read([row.id], names)
        assert held["package_code"] == "SABER-LIVROS"
        assert (held["status"], wanted["state"]) == (status, status)
        for name in ("name", "phone", "external_ref"):
            assert held[name] == wanted[name]
        assert not wanted["has_pending_password"]
        if held["phone"] == NEW_PHONE:
            assert self.platform.has_password(held["id"], NEW_PASSWORD)

    def spoil(self, api: str, fault: Fault, **options) -> None:
        self.platform.fault(api, fault.kind, **{**fault.options, **options})


def words_of(call: Callable) -> str | None:
    """The words with which a call by RPC is refused, if it is; they are readable."""
    try:
        call()
    except odoorpc.error.RPCError as error:
        assert_readable(str(error))
        return str(error)
    return None


def seconds_until(moment: str | bool) -> float:
    if not moment:
        return 0
    then = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return (then - datetime.now(UTC)).total_seconds()


PORTUGUESE = re.compile(
    r"\b(plataforma|Dados inválidos|Serviço indisponível|não|Recurso|Usuário)\b"
)
#: tracebacks, addresses, numbers of persons, names of classes, English
UNREADABLE = re.compile(
    r"Traceback|File \"|://|127\.0\.0\.1|\d{11}|\d{3}\.\d{3}\.\d{3}-\d\d"
    r"|\b[A-Z]\w*(Error|Exception)\b|\b(BadAnswer|Unavailable|RateLimited|Refused"
    r"|Unauthorized|NotFound|Taken|None|odoo|psycopg2)\b"
    r"|\b(the|was|not|will|platform|call|answer)\b",
)


def assert_readable(words: str) -> None:
    assert PORTUGUESE.search(words), words
    assert not UNREADABLE.search(words), words
    assert TOKEN not in words


@pytest.fixture(scope="module")
def whole_shop(provider):
    return Workshop(provider)


@pytest.fixture
def shop(request, whole_shop):
    """The shop in a good mood, whatever became of the case before."""
    failures = request.session.testsfailed
    yield whole_shop
    whole_shop.platform.mend()
    if request.session.testsfailed > failures:
        whole_shop.give_up()
        whole_shop.ask("action_test_connection")


def assert_waited_as_asked(cell: Cell, seconds: float) -> None:
    """The wait is what the platform asked for, where it did."""
    if "retry_after" in cell.fault.options:
        assert seconds > ASKED_FOR - 5


def begin(shop: Workshop, operation: Operation) -> Row:
    """A row for which the operation is due."""
    row = shop.take(operation.start)
    operation.want(shop, row)
    row.deleted = operation.end is None
    shop.requests()
    return row


def resume(shop: Workshop, row: Row, means: str) -> None:
    """What has to happen until both sides are in step."""
    if means == REFUSED and row.deleted:
        [removal] = shop.env["sva.user.removal"].search([("cpf_cnpj", "=", row.cpf)])
        shop.front_desk["sva.user.removal"].action_retry([removal])
    elif means == REFUSED:
        assert shop.sync(row) is None
    elif means == ACCOUNT:
        assert shop.ask("action_test_connection") is None
    elif means != HEALED:
        shop.wait()
    shop.engine()


#: on every run one on a user, and the deletion, which leaves another row to work on
some_operations = pytest.mark.parametrize(
    "operation",
    chosen(OPERATIONS, lambda operation: operation.end is None),
    ids=lambda operation: operation.name,
)


def by_person(cell: Cell) -> bool:
    """Whether a person meets it too, and not only the engine.

    Nobody can press a button of what is deleted. For the rest one status and one moment
    will do: what a person is told does not depend on them.
    """
    if cell.operation.name in ("delete", "disable", "activate"):
        return False
    return cell.when == "before" or cell.fault.kind in ONLY_AFTER


@pytest.mark.parametrize(
    ("cell", "who"),
    [
        pytest.param(cell, who, id=f"{cell}-{who}")
        for cell, who in (
            *(
                (cell, "engine")
                # each operation, and each meaning
                for cell in dict.fromkeys(
                    [
                        *chosen(ROWS, lambda cell: cell.operation),
                        *chosen(ROWS, lambda cell: cell.means),
                    ]
                )
            ),
            *(
                (cell, "person")
                for cell in chosen(filter(by_person, ROWS), lambda cell: cell.means)
            ),
        )
    ],
)
def test_a_row(shop, cell, who):
    row = begin(shop, cell.operation)
    shop.spoil(cell.operation.api, cell.fault, when=cell.when)
    words = shop.engine() if who == "engine" else shop.sync(row)
    assert cell.operation.api in shop.requests()
    settled = cell.means == HEALED
    signs = shop.signs(row)
    assert dict(zip(SIGNS, signs, strict=True)) == dict(
        zip(SIGNS, ROW[cell.means], strict=True)
    )
    if settled:
        assert (words, shop.error) == (None, False)
    else:
        assert_readable(shop.error)
        assert (who == "person") == bool(words)
        assert shop.error in (words or shop.error)
        assert_waited_as_asked(cell, shop.wait_of_row or shop.paused)
    # nothing is called before its time
    shop.engine()
    assert not shop.requests()
    resume(shop, row, cell.means)
    shop.assert_in_step(row, cell.operation.end)


@pytest.mark.parametrize("cell", chosen(LISTS, lambda cell: cell.means), ids=str)
def test_a_reconciliation(shop, cell):
    row = begin(shop, cell.operation)
    held = shop.platform.user(row.cpf)
    # something to be found
    shop.platform.put_user(held["id"], phone="+5511900000000")
    shop.spoil(cell.operation.api, cell.fault, when=cell.when)
    words = shop.ask("action_reconcile")
    integration = [("integration_id", "=", shop.integration)]

    def latest():
        names = ["state", "attempts", "next_date", "error", "seen_count", "drift_count"]
        runs = shop.manager["sva.reconciliation"]
        return runs.search_read(integration, names, limit=1)[0]

    run = latest()
    signs = (run["state"], run["attempts"], bool(run["next_date"]), *shop.connection())
    assert dict(zip(SIGNS, signs, strict=True)) == dict(
        zip(SIGNS, RUN[cell.means], strict=True)
    )
    if run["state"] == "running":
        # the account is named, and what becomes of what waits
        assert words.startswith(f"Saber+: {run['error']} Nada se perde")
    else:
        assert run["error"] == words
    assert_readable(words)
    assert_waited_as_asked(cell, seconds_until(run["next_date"]))
    shop.requests()
    shop.go_on()
    assert not shop.requests()
    if cell.means == REFUSED:
        assert shop.ask("action_reconcile") is None
    elif cell.means == ACCOUNT:
        assert shop.ask("action_test_connection") is None
    shop.wait()
    shop.go_on()
    run = latest()
    assert (run["state"], run["drift_count"]) == ("done", 1)
    assert run["seen_count"] == len(shop.platform.users())
    shop.engine()
    shop.assert_in_step(row, "active")


@pytest.mark.parametrize(
    "cell", chosen(QUESTIONS, lambda cell: (cell.operation, cell.means)), ids=str
)
def test_a_question(shop, cell):
    code = f"NOVO-{cell.fault.name}".upper()
    shop.platform.set_package(code, name="Novo")
    button = {PACKAGES: "action_fetch_packages", TEST: "action_test_connection"}
    shop.spoil(cell.operation.api, cell.fault, when=cell.when)
    assert shop.ask(button[cell.operation])
    assert shop.connection() == CONNECTION[cell.means]
    assert_waited_as_asked(cell, shop.paused or ASKED_FOR)
    assert shop.ask(button[cell.operation]) is None
    assert shop.connection() == ("connected", False, 0)
    if cell.operation == PACKAGES:
        offered = shop.env["sva.package"].search_read([("available", "=", True)])
        catalogue = shop.platform.packages()
        there = {package["code"] for package in catalogue if package["active"]}
        assert {package["code"] for package in offered} == there
        assert code in there


@some_operations
def test_a_fault_that_stays(shop, operation):
    """The same call fails again and again, while all others are well."""
    row = begin(shop, operation)
    shop.spoil(operation.api, Fault("status", RETRY, {"status": 500}), times=None)
    waits = []
    for attempt in (1, 2, 3):
        shop.engine()
        assert shop.signs(row) == ("pending", attempt, True, "connected", False, 0)
        waits.append(shop.wait_of_row)
        shop.wait()
    # the upper half of each wait is chance
    assert waits[2] > waits[0]
    shop.platform.mend()
    shop.engine()
    shop.assert_in_step(row, operation.end)


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        pytest.param(operation, fault, id=f"{operation.name}-{fault.name}")
        for operation, fault in chosen(
            (
                (operation, fault)
                for operation, fault in itertools.product(OPERATIONS, FAULTS)
                if fault.name in ("reset", "status503", "malformed")
                # two time-outs for each turn: once will do. And an address that is not
                # the API's own, but has a server that answers like it.
                or (operation.name, fault.name)
                in {
                    ("create", "latency"),
                    ("create", "status404"),
                    ("update", "status404"),
                }
            ),
            lambda case: case[0].end is None,
        )
    ],
)
def test_a_platform_that_is_away(shop, operation, fault):
    row = begin(shop, operation)
    shop.spoil("*", fault, times=None)
    shop.engine()
    assert shop.signs(row) == ROW[AWAY]
    assert_readable(shop.error)
    assert_waited_as_asked(Cell(operation, fault, "", AWAY), shop.paused)
    shop.requests()
    shop.engine()
    assert not shop.requests()
    # it is asked whether it is back, and nothing else; nobody is told twice
    shop.wait()
    shop.engine()
    assert shop.requests() == ["getAccount"]
    assert shop.signs(row) == ROW[AWAY]
    if not row.deleted:
        assert shop.sync(row)
    shop.platform.mend()
    resume(shop, row, AWAY)
    shop.assert_in_step(row, operation.end)


@some_operations
def test_a_new_token(shop, operation):
    """The token is refused for good; a new one sets all to work again."""
    row = begin(shop, operation)
    shop.spoil("*", Fault("expired_token", ACCOUNT), times=None)
    shop.engine()
    assert shop.signs(row) == ROW[ACCOUNT]
    shop.requests()
    shop.wait()
    shop.engine()
    assert not shop.requests()
    assert shop.ask("action_test_connection")
    assert shop.signs(row) == ROW[ACCOUNT]
    shop.platform.mend()
    shop.manager["sva.integration"].write([shop.integration], {"token": TOKEN})
    shop.engine()
    shop.assert_in_step(row, operation.end)


def test_nothing_private_was_logged(provider, whole_shop):
    log = provider.server.log.read_text(errors="replace")
    assert TOKEN not in log
    assert not [cpf for cpf in whole_shop.cpfs if cpf in log]
    assert "Traceback" not in log
    assert not [line for line in log.splitlines() if " ERROR " in line]


def test_the_matrix_is_whole():
    """A new fault or operation of the sandbox has to find its place in the tables."""
    matrix = [*ROWS, *LISTS, *QUESTIONS]
    met = {(cell.operation.api, cell.fault.kind, cell.when) for cell in matrix}
    assert met == {
        (api, kind, when)
        for api in faults.OPERATIONS
        for kind in faults.KINDS
        for when in ("before", "after")
        if when == "after" or kind not in ONLY_AFTER
        if when == "before" or kind in ONLY_AFTER or api not in READS
    }
    assert {(api, kind) for api, kind, _when in met} == set(
        itertools.product(faults.OPERATIONS, faults.KINDS)
    )
    # as do the operations of a row and of the integration, each with each kind
    for operation in (*OPERATIONS, LIST, PACKAGES, TEST):
        kinds = {cell.fault.kind for cell in matrix if cell.operation == operation}
        assert kinds == set(faults.KINDS), operation.name
