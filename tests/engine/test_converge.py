"""Convergence of one user and of a batch, on a platform in memory."""

import math
from dataclasses import replace

import pytest

from saber_plus_sva.client.errors import (
    BadAnswer,
    NotFound,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.platform import Platform
from saber_plus_sva.client.types import User
from saber_plus_sva.engine.converge import Stream, Task, _Watch, converge_user
from saber_plus_sva.engine.plan import Desired, Observed, Profile

PROFILE = Profile("Maria", "+5511987654321", "LIVROS")
TASK = Task(
    key=1,
    cpf="52998224725",
    username="maria",
    external_ref="ref-1",
    desired=Desired("active", PROFILE),
    observed=Observed("unknown"),
)


class InMemory(Platform):
    """One that works, and counts what it is asked.

    :ivar calls: the names of the methods called
    :ivar on_call: called before each of them
    """

    def __init__(self, users=()):
        self._users = {user.id: user for user in users}
        self.calls = []
        self.on_call = lambda name: None

    def _called(self, name):
        self.calls.append(name)
        self.on_call(name)

    def account(self):
        self._called("account")

    def packages(self):
        return iter(())

    def users(self, *, cpf=None, external_ref=None):
        self._called("users")
        yield from [
            user
            for user in self._users.values()
            if cpf in (None, user.cpf) and external_ref in (None, user.external_ref)
        ]

    def page_of_users(self, cursor=None):
        raise NotImplementedError

    def get_user(self, user_id):
        self._called("get_user")
        if user_id not in self._users:
            raise NotFound("not_found")
        return self._users[user_id]

    def create_user(self, new, idempotency_key):
        self._called("create_user")
        user = User(
            id=f"usr_{len(self._users)}",
            external_ref=new.external_ref,
            cpf=new.cpf,
            username=new.username,
            profile=new.profile,
            status="active",
        )
        self._users[user.id] = user
        return user

    def update_user(self, user_id, changes, password=None):
        self._called("update_user")
        user = self.get_user(user_id)
        profile = replace(user.profile, **changes)
        self._users[user_id] = replace(user, profile=profile)
        return self._users[user_id]

    def set_status(self, user_id, status):
        self._called("set_status")
        self._users[user_id] = replace(self._users[user_id], status=status)
        return self._users[user_id]

    def delete_user(self, user_id):
        self._called("delete_user")
        self._users.pop(user_id, None)

    def close(self):
        pass


def converge(platform, tasks, seconds=math.inf):
    """What becomes of tasks, one after the other, and what ended it."""
    with Stream(platform, workers=1, seconds=seconds) as stream:
        outcomes = [future.result() for future in [stream.add(task) for task in tasks]]
    return outcomes, stream.halt


def test_what_is_deleted_here_is_deleted_there():
    platform = InMemory()
    created = converge_user(platform, TASK)
    assert created.observed.state == "active"
    gone = converge_user(platform, replace(TASK, desired=Desired("absent")))
    assert (gone.observed, gone.error) == (Observed("absent"), None)
    assert not platform._users


def test_a_stranger_with_that_cpf_is_not_deleted():
    stranger = User("usr_9", "theirs", TASK.cpf, "m", PROFILE, "active")
    platform = InMemory([stranger])
    outcome = converge_user(platform, replace(TASK, desired=Desired("absent")))
    assert (outcome.observed, outcome.error) == (Observed("absent"), None)
    assert platform._users == {"usr_9": stranger}


def test_no_call_is_begun_after_the_deadline(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    platform = InMemory()
    converge_user(platform, TASK)

    def time_passes(_name):
        now[0] += 5

    platform.on_call = time_passes
    platform.calls.clear()
    wanted = Desired("blocked", replace(PROFILE, phone="+5511900000000"))
    [outcome], _halt = converge(platform, [replace(TASK, desired=wanted)], seconds=9)
    # the look-up, and the first of two changes
    assert platform.calls == ["users", "set_status"]
    assert not outcome.attempted
    assert outcome.observed == Observed("blocked", "usr_0", PROFILE)
    [rest], _halt = converge(
        platform, [replace(TASK, desired=wanted, observed=outcome.observed)], seconds=9
    )
    assert rest.attempted
    assert rest.observed == Observed("blocked", "usr_0", wanted.profile)


def test_a_platform_that_is_away_is_asked_once_more_and_then_left_alone():
    platform = InMemory()

    def fail(_name):
        raise Unavailable("unavailable", maybe_applied=True)

    platform.on_call = fail
    tasks = [replace(TASK, key=number) for number in range(20)]
    outcomes, halt = converge(platform, tasks)
    assert isinstance(halt, Unavailable)
    assert platform.calls == ["users", "account"]
    assert [outcome.attempted for outcome in outcomes] == [True] + [False] * 19


def test_an_address_where_nothing_is_found_is_a_platform_that_is_away():
    platform = InMemory()

    def fail(name):
        raise Unavailable("unavailable") if name == "users" else NotFound("not_found")

    platform.on_call = fail
    outcomes, halt = converge(platform, [TASK])
    # a refusal would pause nothing, and be tried again without end
    assert isinstance(halt, Unavailable)


@pytest.mark.parametrize(
    "of_account", [Unavailable("unavailable"), Refused("refused", status=405)]
)
def test_a_refusal_by_whoever_stands_before_a_platform_that_is_away(of_account):
    platform = InMemory()

    def refuse(name):
        if name == "account":
            raise of_account
        if name == "create_user":
            raise Refused("refused", status=405, maybe_applied=True)

    platform.on_call = refuse
    outcomes, halt = converge(platform, [TASK])
    assert isinstance(halt, Unavailable)
    [outcome] = outcomes
    assert isinstance(outcome.error, BadAnswer)
    assert (outcome.error.status, outcome.observed.state) == (405, "unknown")


@pytest.mark.parametrize(("words", "asked"), [(None, 1), ("Não pode.", 0)])
def test_a_refusal_by_a_platform_that_is_there(words, asked):
    platform = InMemory()

    def refuse(name):
        if name == "create_user":
            raise Refused("refused", words, status=400)

    platform.on_call = refuse
    outcomes, halt = converge(platform, [TASK])
    assert halt is None
    assert type(outcomes[0].error) is Refused
    assert platform.calls.count("account") == asked


def test_what_is_answered_in_the_place_of_a_platform_that_is_away_refuses_nobody():
    watch = _Watch(InMemory())
    watch.halt = Unavailable("unavailable")
    assert isinstance(watch.consider(Refused("refused", status=405)), BadAnswer)


def test_one_call_that_a_firewall_refuses_is_not_a_refused_account():
    platform = InMemory()
    converge(platform, [TASK])

    def refuse_one(name):
        if name == "set_status":
            raise Unauthorized("unauthorized", status=403)

    platform.on_call = refuse_one
    platform.calls.clear()
    blocked = replace(TASK, desired=Desired("blocked", PROFILE))
    others = [replace(TASK, key=number) for number in range(2, 5)]
    outcomes, halt = converge(platform, [blocked, *others])
    assert halt is None
    first, *rest = outcomes
    assert isinstance(first.error, Refused)
    assert (first.error.code, first.error.status) == ("forbidden", 403)
    assert first.observed.state == "active"
    assert [outcome.error for outcome in rest] == [None] * 3
    assert platform.calls.count("account") == 1


def test_a_token_that_is_refused_in_the_middle_ends_the_batch():
    """Also where the platform was seen to be there before."""
    platform = InMemory()
    failures = [Unavailable("timeout"), None]

    def fail(name):
        if name == "account" and failures:
            failures.clear()
        elif failures:
            raise failures[0]
        else:
            raise Unauthorized("invalid_token", status=401)

    platform.on_call = fail
    tasks = [replace(TASK, key=number) for number in range(20)]
    outcomes, halt = converge(platform, tasks)
    assert isinstance(halt, Unauthorized)
    assert platform.calls == ["users", "account", "users", "account"]
    assert not any(isinstance(outcome.error, Refused) for outcome in outcomes)


def test_a_mistake_in_one_task_costs_no_other_one(caplog):
    platform = InMemory()

    def fail_once(_name):
        platform.on_call = lambda name: None
        raise TypeError(PROFILE.name)

    platform.on_call = fail_once
    tasks = [TASK, replace(TASK, key=2)]
    [first, second], _halt = converge(platform, tasks)
    assert (type(first.error), first.observed.state) == (BadAnswer, "unknown")
    assert (second.error, second.observed.state) == (None, "active")
    assert "TypeError" in caplog.text
    assert PROFILE.name not in caplog.text


def test_an_id_that_leads_to_another_person_is_not_ours():
    stranger = User("usr_9", "theirs", "11144477735", "m", PROFILE, "blocked")
    platform = InMemory([stranger])
    task = replace(TASK, observed=Observed("unknown", "usr_9"))
    gone = converge_user(platform, replace(task, desired=Desired("absent")))
    assert (gone.observed, gone.error) == (Observed("absent"), None)
    created = converge_user(platform, task)
    assert created.observed.user_id != "usr_9"
    assert platform._users["usr_9"] == stranger


def test_an_id_is_enough_where_the_platform_keeps_no_cpf():
    kept = User("usr_9", None, None, "m", PROFILE, "active")
    platform = InMemory([kept])
    task = replace(TASK, observed=Observed("unknown", "usr_9"))
    assert converge_user(platform, task).observed.user_id == "usr_9"
    converge_user(platform, replace(task, desired=Desired("absent")))
    assert not platform._users


def test_a_person_who_is_taken_and_not_to_be_seen_is_refused():
    """Another account's, for one; asking for ever would tell nobody."""
    platform = InMemory()

    def refuse(name):
        if name == "create_user":
            raise Taken("cpf_already_registered", "Já existe.", status=409)

    platform.on_call = refuse
    outcome = converge_user(platform, TASK)
    assert isinstance(outcome.error, Taken)
    assert (outcome.error.code, outcome.error.message) == (
        "cpf_already_registered",
        "Já existe.",
    )
    assert outcome.observed == Observed("absent")
    assert outcome.conflicting_user_id is None
    assert platform.calls.count("create_user") == 2


def test_a_person_who_was_taken_and_is_gone_is_created():
    """It was deleted between the create and the look-up."""
    platform = InMemory()

    def refuse_once(name):
        if name == "create_user" and platform.calls.count(name) == 1:
            raise Taken("cpf_already_registered", status=409)

    platform.on_call = refuse_once
    outcome = converge_user(platform, TASK)
    assert outcome.error is None
    assert outcome.observed.state == "active"
