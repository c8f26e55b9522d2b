"""The same convergence on Saber+ (the sandbox) and on SCIM (servers of others)."""

import itertools
from dataclasses import replace
from unittest.mock import patch

import pytest

from saber_plus_sva.client.errors import (
    PlatformError,
    RateLimited,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.registry import PLATFORMS, connect
from saber_plus_sva.client.types import NewUser, Profile
from saber_plus_sva.engine.converge import Stream, Task, converge_user
from saber_plus_sva.engine.plan import ABSENT, UNKNOWN, Desired, Observed, plan
from sandbox import server as sandbox_server
from sandbox.client import Control
from tests.support import scim
from tests.support.cases import FULL, chosen

CPF = "52998224725"
PROFILE = Profile("Maria Silva", "+5511987654321", "")


class OnSaberPlus:
    """Saber+, with what goes wrong on demand."""

    def __init__(self, running):
        self.control = Control(running.root)
        self.control.reset()
        self.platform = connect(
            PLATFORMS["saber_plus"], running.url, {"token": "tok-sandbox"}, timeout=5
        )

    def packages(self):
        return [p.code for p in self.platform.packages() if p.active][:2]

    def lose(self, operation):
        self.control.fault(operation, "lost_answer")

    def fail(self, operation, status):
        self.control.fault(operation, "status", status=status)


class OnScim:
    """SCIM, with what goes wrong on demand."""

    PLACES = {
        "createUser": ("POST", "/v2/Users"),
        "updateUser": ("PATCH", "/v2/Users"),
        "setUserStatus": ("PATCH", "/v2/Users"),
        "deleteUser": ("DELETE", "/v2/Users"),
        "listUsers": ("GET", "/v2/Users"),
        "updateGroup": ("PATCH", "/v2/Groups"),
    }

    def __init__(self, running):
        self.running = running
        self.platform = connect(
            PLATFORMS["scim"], running.url, running.credentials, timeout=5
        )

    def packages(self):
        return [scim.add_group(self.running, name) for name in ("Livros", "Cursos")]

    def lose(self, operation):
        self.running.faults.append((*self.PLACES[operation], "lost"))

    def fail(self, operation, status):
        # a token that is refused is renewed once
        times = 2 if status == 401 and self.running.gives_tokens else 1
        self.running.faults += [(*self.PLACES[operation], status)] * times


class Entitled(OnScim):
    """SCIM, with entitlements as packages."""

    PLACES = {**OnScim.PLACES, "updateGroup": OnScim.PLACES["updateUser"]}

    def packages(self):
        return [package.code for package in self.platform.packages()]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    with sandbox_server.running(database, "tok-sandbox") as running:
        yield running


#: what a server of scim2-server has
SCIM = {
    "scim": {},
    "scim without patch and filter": {"patch": False, "filters": False},
    "scim: entitlements": {"settings": {"entitlements": "Livros,Cursos"}},
}
KINDS = ("saber_plus", *SCIM, "scim: canaille")


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def scim_server(kind):
    with scim.running(**SCIM[kind]) as running:
        yield running


@pytest.fixture
def there(request, kind):
    if kind == "saber_plus":
        there = OnSaberPlus(request.getfixturevalue("sandbox"))
    elif kind == "scim: canaille":
        there = OnScim(request.getfixturevalue("canaille_server"))
    else:
        server = request.getfixturevalue("scim_server")
        server.reset(("Groups", "Users"))
        there = Entitled(server) if "entitlements" in kind else OnScim(server)
        if "without" in kind:
            there.PLACES = {
                name: ("PUT" if method == "PATCH" else method, path)
                for name, (method, path) in OnScim.PLACES.items()
            }
    with there.platform:
        yield there
    assert kind not in SCIM or not there.running.invalid


@pytest.fixture
def codes(there):
    return there.packages()


@pytest.fixture
def task(codes):
    profile = replace(PROFILE, package_code=codes[0])
    return Task(
        key=1,
        cpf=CPF,
        external_ref="ref-1",
        username="maria",
        desired=Desired("active", profile, "s3nha-Secreta"),
        observed=Observed(UNKNOWN),
    )


def in_step(outcome, task):
    """It went well, and nothing is left to do."""
    assert outcome.error is None
    assert not plan(replace(task.desired, password=None), outcome.observed)
    return outcome.observed


def wanting(task, state, outcome, **profile):
    desired = Desired(state, replace(task.desired.profile, **profile))
    return replace(task, desired=desired, observed=outcome.observed)


def all_users(there):
    page = there.platform.page_of_users()
    return [user for user in page.items if user.username != scim.ADMIN]


def test_a_user_through_its_life(there, task, codes):
    outcome = converge_user(there.platform, task)
    assert in_step(outcome, task).user_id
    assert outcome.password_delivered
    for state in ("blocked", "disabled", "active", "blocked", "active"):
        task = wanting(task, state, outcome)
        outcome = converge_user(there.platform, task)
        in_step(outcome, task)
    task = wanting(task, "active", outcome, package_code=codes[1], name="Maria Souza")
    outcome = converge_user(there.platform, task)
    assert in_step(outcome, task).profile == task.desired.profile
    # what is known by looking is the same as what is known by doing
    again = converge_user(
        there.platform, replace(task, observed=Observed(UNKNOWN, None))
    )
    assert again.observed == outcome.observed
    gone = converge_user(
        there.platform,
        replace(task, desired=Desired(ABSENT), observed=outcome.observed),
    )
    assert (gone.observed, gone.error) == (Observed(ABSENT), None)
    assert not all_users(there)


def test_a_block_that_becomes_a_disabling_calls_nothing_on_scim(there, task):
    outcome = converge_user(there.platform, task)
    outcome = converge_user(there.platform, wanting(task, "blocked", outcome))
    then = plan(Desired("disabled", task.desired.profile), outcome.observed)
    assert bool(then) is isinstance(there, OnSaberPlus)


STEPS = ("createUser", "updateUser", "setUserStatus", "deleteUser", "updateGroup")
BREAKS = list(itertools.product(STEPS, ("lose", "fail")))


@pytest.mark.parametrize(
    ("kind", "operation", "how"),
    [
        (kind, operation, how)
        for kind in KINDS
        for operation, how in (
            BREAKS
            if kind in ("saber_plus", "scim")
            else chosen(BREAKS, kind=lambda case: case[0])
        )
        # Saber+ has no groups
        if (kind, operation) != ("saber_plus", "updateGroup")
    ],
    indirect=["kind"],
    scope="module",
)
def test_a_lost_answer_and_a_failure_at_each_step(there, task, codes, operation, how):
    """Whatever goes wrong once, the next attempt ends it, and no double is left."""

    def break_it():
        if how == "lose":
            there.lose(operation)
        else:
            there.fail(operation, 503)

    outcome = (
        converge_user(there.platform, replace(task, key=0))
        if (operation != "createUser")
        else None
    )
    wanted = task
    if operation == "createUser":
        pass
    elif operation == "updateUser":
        wanted = wanting(task, "active", outcome, name="Maria Souza")
    elif operation == "setUserStatus":
        wanted = wanting(task, "blocked", outcome)
    elif operation == "updateGroup":
        wanted = wanting(task, "active", outcome, package_code=codes[1])
    else:
        wanted = replace(task, desired=Desired(ABSENT), observed=outcome.observed)
    break_it()
    first = converge_user(there.platform, wanted)
    assert isinstance(first.error, Unavailable)
    if how == "lose":
        # a crash of ours looks the same: nobody knows, so it is looked up
        assert first.observed.state == UNKNOWN
    second = converge_user(there.platform, replace(wanted, observed=first.observed))
    in_step(second, wanted)
    expected = 0 if operation == "deleteUser" else 1
    assert len(all_users(there)) == expected


def test_a_process_that_is_killed_leaves_no_double(there, task):
    """After any number of calls; what was observed is lost with the process."""

    class Killed(BaseException):
        pass

    def dies_after(calls):
        answered = itertools.count(1)

        def dying(*args, **kwargs):
            answer = request(*args, **kwargs)
            if next(answered) == calls:
                raise Killed
            return answer

        return dying

    transport = there.platform._transport
    request = transport.request
    # so that it is not what a server can do that is asked for
    there.platform.account()
    for calls in itertools.count(1):
        killed = False
        with patch.object(transport, "request", dies_after(calls)):
            try:
                converge_user(there.platform, task)
            except Killed:
                killed = True
        outcome = converge_user(
            there.platform, replace(task, observed=Observed(UNKNOWN))
        )
        observed = in_step(outcome, task)
        assert len(all_users(there)) == 1
        if not killed:
            break
        gone = replace(task, desired=Desired(ABSENT), observed=observed)
        assert converge_user(there.platform, gone).error is None
    assert calls > 2


def test_somebody_else_has_it(there, task):
    stranger = NewUser("theirs", CPF, "maria", task.desired.profile)
    there.platform.create_user(stranger, "key-1")
    outcome = converge_user(there.platform, task)
    assert isinstance(outcome.error, Taken)
    assert outcome.error.code == there.platform.taken
    [theirs] = all_users(there)
    assert outcome.conflicting_user_id == theirs.id
    assert outcome.conflicting_username == theirs.username
    # it is not deleted in our name either
    absent = replace(task, desired=Desired(ABSENT))
    assert converge_user(there.platform, absent).error is None
    assert all_users(there) == [theirs]
    # … until a person has said that it is ours
    adopted = replace(task, observed=Observed(UNKNOWN, theirs.id))
    assert in_step(converge_user(there.platform, adopted), task).user_id == theirs.id


def test_a_removal_knows_no_user_name(there, task):
    """And finds a user of ours whose create was never answered."""
    there.lose("createUser")
    converge_user(there.platform, task)
    removal = replace(task, username="", desired=Desired(ABSENT))
    assert converge_user(there.platform, removal).error is None
    assert not all_users(there)


def test_users_side_by_side(there, task):
    tasks = [
        replace(
            task,
            key=number,
            cpf=cpf,
            external_ref=f"ref-{number}",
            username=f"u{number}",
        )
        for number, cpf in enumerate(("52998224725", "11144477735", "12345678909"))
    ]
    with Stream(there.platform, workers=3) as stream:
        outcomes = [future.result() for future in [stream.add(task) for task in tasks]]
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert len(all_users(there)) == 3


OPERATIONS = ("createUser", "updateUser", "setUserStatus", "deleteUser", "listUsers")
#: what a status of any of them has to be taken for
MEANS = {
    400: Refused,
    401: Unauthorized,
    403: Unauthorized,
    429: RateLimited,
    500: Unavailable,
    503: Unavailable,
}


# on every run one server of each protocol: what a status is taken for is decided in
# one place for all of them
@pytest.mark.parametrize(
    "kind", KINDS if FULL else ("saber_plus", "scim"), indirect=True, scope="module"
)
@pytest.mark.parametrize(
    ("operation", "status"),
    chosen(itertools.product(OPERATIONS, MEANS), kind=lambda case: case[1]),
)
def test_what_a_failure_means(there, task, operation, status):
    """Each failure of each operation; mended, the next attempt ends it."""
    if operation != "createUser":
        made = converge_user(there.platform, task)
        wanted = {
            "updateUser": lambda: wanting(task, "active", made, name="Maria Souza"),
            "setUserStatus": lambda: wanting(task, "blocked", made),
            "deleteUser": lambda: replace(
                task, desired=Desired(ABSENT), observed=made.observed
            ),
            # nobody knows its id
            "listUsers": lambda: task,
        }
        task = wanted[operation]()
    # so that it is not what a server can do that is asked for
    there.platform.account()
    there.fail(operation, status)
    error = converge_user(there.platform, task).error
    assert type(error) is MEANS[status]
    assert isinstance(error, PlatformError)
    outcome = converge_user(there.platform, replace(task, observed=Observed(UNKNOWN)))
    in_step(outcome, task)
    assert len(all_users(there)) == (operation != "deleteUser")
