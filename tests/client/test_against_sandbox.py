"""Each operation, and each fault, against the project's own platform."""

from dataclasses import replace

import pytest

from saber_plus_sva.client.errors import (
    NotFound,
    PlatformError,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.registry import connect
from saber_plus_sva.client.saber_plus import SaberPlus
from sandbox import server
from sandbox.client import Control
from tests.support.faults import FAULTS, RETRY, TIMEOUT


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    with server.running(database, "tok-sandbox") as sandbox:
        yield sandbox


@pytest.fixture
def control(running):
    control = Control(running.root)
    control.reset()
    return control


@pytest.fixture
def platform(running, control):
    with connect(
        SaberPlus, running.url, {"token": "tok-sandbox"}, timeout=TIMEOUT
    ) as platform:
        yield platform


@pytest.fixture
def package_code(platform) -> str:
    return next(package.code for package in platform.packages() if package.active)


@pytest.fixture
def new(new_user, package_code):
    return replace(
        new_user, profile=replace(new_user.profile, package_code=package_code)
    )


def test_account_and_packages(platform) -> None:
    assert platform.account().status == "active"
    packages = list(platform.packages())
    assert packages
    assert len({package.code for package in packages}) == len(packages)


def test_the_life_of_a_user(platform, new) -> None:
    assert platform.find_user(new.cpf, new.external_ref) is None
    user = platform.create_user(new, "key-1")
    assert (user.status, user.external_ref) == ("active", new.external_ref)
    assert platform.create_user(new, "key-1") == user
    assert platform.find_user(new.cpf, new.external_ref) == user
    assert platform.find_user(new.cpf, "other") == user
    assert platform.get_user(user.id) == user
    changed = platform.update_user(
        user.id, {"phone": "+5511900000000", "name": "Maria Souza"}, "outra-senha"
    )
    assert changed == replace(
        user,
        profile=replace(user.profile, phone="+5511900000000", name="Maria Souza"),
    )
    for status in ("blocked", "blocked", "disabled", "active"):
        assert platform.set_status(user.id, status).status == status
    assert list(platform.users()) == [changed]
    platform.delete_user(user.id)
    platform.delete_user(user.id)
    with pytest.raises(NotFound):
        platform.get_user(user.id)
    with pytest.raises(NotFound):
        platform.set_status(user.id, "active")


def test_refusals(platform, new) -> None:
    platform.create_user(new, "key-1")
    with pytest.raises(Taken) as caught:
        platform.create_user(replace(new, external_ref="sva-2"), "key-2")
    assert str(caught.value) == "CPF já cadastrado."
    assert caught.value.request_id
    with pytest.raises(Refused) as caught:
        platform.create_user(replace(new, username="outra"), "key-1")
    assert caught.value.code == "idempotency_mismatch"
    with pytest.raises(Refused) as caught:
        platform.create_user(
            replace(new, cpf="11144477735", profile=replace(new.profile, phone="1")),
            "key-3",
        )
    assert caught.value.code == "validation_failed"
    assert "phone" in caught.value.fields


def test_pages(platform, control) -> None:
    for number in range(205):
        control.add_user(
            cpf=f"{number:011d}",
            name="Alguém",
            phone="+5511900000000",
            username=f"u{number}",
        )
    assert len({user.id for user in platform.users()}) == 205
    first = platform.page_of_users()
    second = platform.page_of_users(first.next_cursor)
    assert (len(first.items), len(second.items)) == (200, 5)
    assert second.next_cursor is None
    with pytest.raises(Refused):
        platform.page_of_users("no cursor of this platform")


def test_tokens_and_accounts(running, control, platform) -> None:
    with (
        connect(SaberPlus, running.url, {"token": "wrong"}) as stranger,
        pytest.raises(Unauthorized) as caught,
    ):
        stranger.account()
    assert caught.value.code == "invalid_token"
    control.suspend()
    with pytest.raises(Unauthorized) as caught:
        platform.account()
    assert caught.value.code == "account_suspended"
    control.suspend("active")


OPERATIONS = {
    "getAccount": lambda platform, user, new: platform.account(),
    "listPackages": lambda platform, user, new: list(platform.packages()),
    "listUsers": lambda platform, user, new: list(platform.users()),
    "createUser": lambda platform, user, new: platform.create_user(
        replace(new, cpf="11144477735", external_ref="sva-2"), "key-2"
    ),
    "getUser": lambda platform, user, new: platform.get_user(user.id),
    "updateUser": lambda platform, user, new: platform.update_user(
        user.id, {"name": "N"}
    ),
    "setUserStatus": lambda platform, user, new: platform.set_status(
        user.id, "blocked"
    ),
    "deleteUser": lambda platform, user, new: platform.delete_user(user.id),
}


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.error], ids=lambda fault: fault.name
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_faults(platform, control, new, operation, fault) -> None:
    user = platform.create_user(new, "key-1")
    control.fault(operation, fault.kind, **fault.options)
    with pytest.raises(PlatformError) as caught:
        OPERATIONS[operation](platform, user, new)
    failure = caught.value
    assert type(failure) is fault.error
    # what may have had its effect is tried again, and nothing else is
    assert failure.maybe_applied is (fault.means == RETRY)
    if fault.code:
        assert failure.code == fault.code
    assert failure.retry_after == fault.options.get("retry_after")
    # The next call is not disturbed.
    assert platform.account()


def test_a_create_whose_answer_is_lost_is_found(platform, control, new) -> None:
    control.fault("createUser", "lost_answer")
    with pytest.raises(Unavailable) as caught:
        platform.create_user(new, "key-1")
    assert caught.value.maybe_applied
    user = platform.find_user(new.cpf, new.external_ref)
    assert user and user.external_ref == new.external_ref
    assert platform.create_user(new, "key-1") == user
