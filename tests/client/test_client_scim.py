"""The SCIM adapter, against servers that others wrote."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from saber_plus_sva.client import oauth, registry
from saber_plus_sva.client.errors import (
    BadAnswer,
    NotFound,
    PlatformError,
    RateLimited,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.registry import PLATFORMS
from tests.support import scim
from tests.support.scim import add_group, add_user, everything

#: what servers may lack
SERVERS = {
    "whole": {},
    "no patch": {"patch": False},
    "no filter": {"filters": False},
    "neither": {"patch": False, "filters": False},
}


@contextlib.contextmanager
def conforming(name):
    with scim.running(**SERVERS[name]) as running:
        yield running
    assert not running.invalid


@pytest.fixture(params=SERVERS)
def scim2_server(request):
    with conforming(request.param) as running:
        yield running


@pytest.fixture(params=[*SERVERS, "canaille"])
def server(request):
    if request.param == "canaille":
        yield request.getfixturevalue("canaille_server")
        return
    with conforming(request.param) as running:
        yield running


@pytest.fixture
def whole():
    with scim.running() as running:
        yield running
    assert not running.invalid


def connect(server, token=scim.TOKEN, options=None, **settings):
    credentials = {**server.credentials, "token": token, **settings}
    options = {"timeout": 5, **(options or {})}
    return registry.connect(PLATFORMS["scim"], server.url, credentials, **options)


@pytest.fixture
def new(new_user):
    # what a server keeps of a user has no CPF
    return replace(new_user, profile=replace(new_user.profile, package_code=""))


def in_package(new, code):
    return replace(new, profile=replace(new.profile, package_code=code))


def test_the_life_of_a_user(server, new) -> None:
    books, courses = add_group(server, "Livros"), add_group(server, "Cursos")
    with connect(server) as platform:
        assert {(p.code, p.name) for p in platform.packages()} == {
            (books, "Livros"),
            (courses, "Cursos"),
        }
        assert platform.find_user("", new.external_ref, new.username) is None
        user = platform.create_user(in_package(new, books))
        assert (user.status, user.cpf) == ("active", None)
        assert user.profile == in_package(new, books).profile
        assert user.external_ref == new.external_ref
        assert platform.find_user("", new.external_ref) == user
        assert platform.find_user("", "other", new.username.upper()) == user
        users = list(platform.users())
        assert [each for each in users if each.username != scim.ADMIN] == [user]
        changes = {
            "name": "Maria Souza",
            "phone": "+5511900000000",
            "package_code": courses,
        }
        changed = platform.update_user(user.id, changes, "outra-senha")
        assert changed.profile == replace(user.profile, **changes)
        assert platform.get_user(user.id) == changed
        for status in ("blocked", "disabled"):
            assert platform.set_status(user.id, status).status == "inactive"
        assert platform.set_status(user.id, "active") == changed
        platform.delete_user(user.id)
        platform.delete_user(user.id)
        for gone in (
            lambda: platform.get_user(user.id),
            lambda: platform.set_status(user.id, "active"),
            lambda: platform.update_user(user.id, {"package_code": books}),
        ):
            with pytest.raises(NotFound):
                gone()


def test_packages_that_are_entitlements(scim2_server, new) -> None:
    with connect(scim2_server, entitlements="Livros, Cursos\nLivros\n") as platform:
        assert platform.account().lacks[-1:] not in [("groups",), ("entitlements",)]
        packages = [(p.code, p.name) for p in platform.packages()]
        assert packages == [("Livros", "Livros"), ("Cursos", "Cursos")]
        user = platform.create_user(in_package(new, "Livros"))
        assert user.profile.package_code == "Livros"
        # what is no package is none of ours
        platform._change(
            user.id, {"entitlements": [{"value": "Livros"}, {"value": "Sala VIP"}]}
        )
        changed = platform.update_user(user.id, {"package_code": "Cursos"})
        assert changed.profile.package_code == "Cursos"
        assert platform.page_of_users().items == [changed]
        assert platform.update_user(user.id, {"package_code": "Cursos"}) == changed
        gone = platform.update_user(user.id, {"package_code": ""})
        assert gone.profile.package_code == ""
        [kept] = everything(scim2_server, "Users")
        assert [each["value"] for each in kept["entitlements"]] == ["Sala VIP"]
        for change in (
            lambda: platform.create_user(in_package(new, "Filmes")),
            lambda: platform.update_user(user.id, {"package_code": "Filmes"}),
        ):
            with pytest.raises(Refused) as caught:
                change()
            assert caught.value.code == "unknown_package"
            assert not caught.value.maybe_applied


def test_a_server_without_entitlements(canaille_server) -> None:
    with connect(canaille_server, entitlements="Livros") as platform:
        assert platform.account().lacks[-1] == "entitlements"


def test_a_user_in_several_groups_is_left_in_one(whole, new) -> None:
    groups = [add_group(whole, name) for name in ("A", "B", "C")]
    with connect(whole) as platform:
        user = platform.create_user(in_package(new, groups[0]))
        platform._in_group(groups[1], {"id": user.id}, True)
        both = platform.get_user(user.id).profile.package_code
        assert both == ",".join(sorted(groups[:2]))
        changed = platform.update_user(user.id, {"package_code": groups[2]})
        assert changed.profile.package_code == groups[2]


def test_a_group_with_many_members(whole, new) -> None:
    group = add_group(whole, "A", members=[f"somebody-{n}" for n in range(1000)])
    with connect(whole, options={"max_body": 64_000}) as platform:
        assert platform.account().lacks == ()
        assert [package.code for package in platform.packages()] == [group]
        user = platform.create_user(new)
        platform._in_group(group, {"id": user.id}, True)
    with connect(whole) as platform:
        assert platform.get_user(user.id).profile.package_code == group


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({}, "active"),
        ({"active": None}, "active"),
        ({"active": True}, "active"),
        ({"active": "True"}, "active"),
        ({"active": False}, "inactive"),
        ({"active": "false"}, "inactive"),
    ],
)
def test_who_has_access(whole, item, status) -> None:
    with connect(whole) as platform:
        assert platform._user({"id": "a", "userName": "a", **item}, ()).status == status


def test_access_that_nobody_understands(whole) -> None:
    with connect(whole) as platform, pytest.raises(BadAnswer):
        platform._user({"id": "a", "userName": "a", "active": "no"}, ())


def test_groups_that_are_no_list(whole) -> None:
    with connect(whole) as platform:
        assert platform._members([{"id": "a", "groups": 5}]) == {}


def test_what_a_server_lacks_is_said() -> None:
    poor = {"patch": False, "filters": False, "groups": False}
    with scim.running(**poor) as server, connect(server) as platform:
        assert platform.account().lacks == ("filter", "patch", "groups")
        assert not list(platform.packages())
    with scim.running() as server, connect(server) as platform:
        assert platform.account().lacks == ()


def test_groups_that_are_refused_are_not_lacking(whole) -> None:
    whole.faults.append(("GET", "/v2/Groups", 403))
    with connect(whole) as platform, pytest.raises(Unauthorized):
        list(platform.packages())
    whole.faults.append(("GET", "/v2/Groups", 400))
    with connect(whole) as platform:
        assert platform.account().lacks == ("groups",)


def test_what_a_server_lacks_is_asked_once(whole) -> None:
    whole.latency = 0.05
    with connect(whole) as platform, ThreadPoolExecutor(8) as threads:
        names = [f"u{number}" for number in range(8)]
        list(threads.map(lambda name: platform.find_user("", name, name), names))
    assert whole.calls.count(("GET", "/v2/ServiceProviderConfig")) == 1


def test_what_canaille_lacks_is_found_out(canaille_server) -> None:
    with connect(canaille_server) as platform:
        assert platform.account().lacks == ("filter", "pages", "reference")
        id_ = add_user(canaille_server, userName="maria")
        page = platform.page_of_users()
        assert (len(page.items), page.next_cursor) == (2, None)
        assert id_ in {user.id for user in page.items}


def test_a_name_that_is_taken_where_that_is_no_answer(canaille_server, new) -> None:
    id_ = add_user(canaille_server, userName=new.username)
    with connect(canaille_server) as platform:
        with pytest.raises(Unavailable) as caught:
            platform.create_user(new)
        assert caught.value.maybe_applied
        stranger = platform.find_user("", new.external_ref, new.username)
        assert (stranger.id, stranger.external_ref) == (id_, None)


@pytest.mark.parametrize("scim2_server", ["whole", "neither"], indirect=True)
def test_pages(scim2_server) -> None:
    server = scim2_server
    for number in range(205):
        add_user(server, userName=f"u{number}", active=number % 2 == 0)
    group = add_group(server, "A")
    with connect(server) as platform:
        first = platform.page_of_users()
        platform._in_group(group, {"id": first.items[3].id}, True)
        pages = [platform.page_of_users()]
        while pages[-1].next_cursor:
            pages.append(platform.page_of_users(pages[-1].next_cursor))
        assert [len(page.items) for page in pages] == [100, 100, 5]
        assert pages[0].items[3].profile.package_code == group
        users = [user for page in pages for user in page.items]
        assert len({user.id for user in users}) == 205
        assert {user.status for user in users} == {"active", "inactive"}
        with pytest.raises(Refused):
            platform.page_of_users("no cursor of ours")


def test_names_that_a_filter_could_misread(server, new) -> None:
    odd = replace(new, username='a" or userName pr or "', external_ref='\\"x')
    add_user(server, userName="somebody", externalId="else")
    with connect(server) as platform:
        assert platform.find_user("", odd.external_ref, odd.username) is None
        user = platform.create_user(odd)
        assert platform.find_user("", odd.external_ref) == user
        assert platform.find_user("", "", odd.username) == user


def test_a_name_that_is_taken(whole, new) -> None:
    add_user(whole, userName=new.username)
    with connect(whole) as platform:
        with pytest.raises(Taken) as caught:
            platform.create_user(new)
        assert caught.value.code == "username_taken"
        stranger = platform.find_user("", new.external_ref, new.username)
        assert stranger.external_ref is None


def test_a_package_that_is_not_there(server, new) -> None:
    with connect(server) as platform:
        with pytest.raises(Refused) as caught:
            platform.create_user(in_package(new, "none"))
        assert not isinstance(caught.value, NotFound)
        assert caught.value.code == "unknown_package"
        # the user is there by now
        assert caught.value.maybe_applied
        user = platform.find_user("", new.external_ref)
        with pytest.raises(Refused) as caught:
            platform.update_user(user.id, {"package_code": "none"})
        assert not caught.value.maybe_applied


def test_somebody_else_changes_the_user_meanwhile(new) -> None:
    with scim.running(patch=False) as server, connect(server) as platform:
        user = platform.create_user(new)
        server.faults.append(("PUT", "/v2/Users", 412))
        with pytest.raises(Unavailable) as caught:
            platform.set_status(user.id, "blocked")
        assert not caught.value.maybe_applied


@pytest.mark.parametrize(
    ("method", "status"), [("PUT", 412), ("PUT", 409), ("PATCH", 412), ("PATCH", 409)]
)
def test_a_group_that_many_change_at_once(new, method, status) -> None:
    patch = method == "PATCH"
    with scim.running(patch=patch) as server, connect(server) as platform:
        group = add_group(server, "A")
        server.faults.append((method, "/v2/Groups", status))
        user = platform.create_user(in_package(new, group))
        assert user.profile.package_code == group
        server.faults.extend([(method, "/v2/Groups", status)] * 8)
        with pytest.raises(Unavailable):
            platform.update_user(user.id, {"package_code": ""})


def test_a_list_that_is_none_is_not_written_back(whole, monkeypatch) -> None:
    with connect(whole) as platform:
        group = {"id": "g", "members": {"value": "somebody"}}
        monkeypatch.setattr(platform, "_resource", lambda *_arguments: group)
        with pytest.raises(BadAnswer, match="members"):
            platform._put_in_group("/Groups/g", "g", {"id": "u"}, True)
    assert "PUT" not in {method for method, _path in whole.calls}


def test_threads_that_change_a_group_without_versions() -> None:
    with (
        scim.running(patch=False, versions=False, latency=0.01) as server,
        connect(server) as platform,
        ThreadPoolExecutor(4) as threads,
    ):
        group = add_group(server, "A")
        ids = [add_user(server, userName=f"u{number}") for number in range(4)]
        list(threads.map(lambda id_: platform._in_group(group, {"id": id_}, True), ids))
        [held] = everything(server, "Groups")
        assert {member["value"] for member in held["members"]} == set(ids)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (403, Unauthorized), (429, RateLimited), (503, Unavailable)],
)
def test_errors(whole, new, status, kind) -> None:
    with connect(whole) as platform:
        whole.faults.append(("POST", "/v2/Users", status))
        with pytest.raises(PlatformError) as caught:
            platform.create_user(new)
    assert type(caught.value) is kind
    assert str(caught.value) == "No."
    assert caught.value.retry_after == 7


def test_what_fails_after_the_user_was_created_may_have_been_done(whole, new) -> None:
    group = add_group(whole, "A")
    whole.faults.append(("PATCH", "/v2/Groups", 503))
    with connect(whole) as platform:
        with pytest.raises(Unavailable) as caught:
            platform.create_user(in_package(new, group))
        assert caught.value.maybe_applied
        user = platform.find_user("", new.external_ref)
        assert user.profile.package_code == ""


def test_a_change_of_package_that_stops_halfway_may_have_been_done(whole, new) -> None:
    old, other = add_group(whole, "A"), add_group(whole, "B")
    with connect(whole) as platform:
        user = platform.create_user(in_package(new, old))
        whole.faults.append(("PATCH", f"/v2/Groups/{old}", 429))
        with pytest.raises(RateLimited) as caught:
            platform.update_user(user.id, {"package_code": other})
        assert caught.value.maybe_applied
        both = platform.get_user(user.id).profile.package_code
        assert both == ",".join(sorted([old, other]))


# signing in


def test_a_token_that_is_wrong(whole) -> None:
    with connect(whole, token="wrong") as platform, pytest.raises(Unauthorized):
        platform.account()


def test_a_password() -> None:
    with scim.running(basic=True) as server:
        with connect(server, sign_in="basic", login=scim.LOGIN) as platform:
            assert platform.account().status == "active"
        with connect(server) as platform, pytest.raises(Unauthorized):
            platform.account()
        with pytest.raises(Unauthorized):
            connect(server, sign_in="basic", login="a:b")


@pytest.fixture
def oauth_server(monkeypatch):
    monkeypatch.setattr(oauth, "_tokens", {})
    with scim.running(live=set()) as server:
        yield server


def by_oauth(server, login=scim.LOGIN, token=scim.TOKEN):
    return connect(
        server, token, sign_in="oauth2", login=login, token_url=server.token_url
    )


def test_a_token_is_fetched_once_and_shared(oauth_server) -> None:
    for _client in range(3):
        with by_oauth(oauth_server) as platform:
            platform.account()
    assert oauth_server.given == 1


def test_a_secret_with_any_characters(oauth_server) -> None:
    oauth_server.client = ("urn:x:y", "a+b%c")
    with by_oauth(oauth_server, *oauth_server.client) as platform:
        assert platform.account().status == "active"


def test_a_token_that_expires_is_renewed(oauth_server, monkeypatch) -> None:
    with by_oauth(oauth_server) as platform:
        platform.account()
        now = oauth.time.monotonic()
        monkeypatch.setattr(oauth.time, "monotonic", lambda: now + 3600)
        platform.account()
    assert oauth_server.given == 2


def test_a_token_that_is_withdrawn_is_renewed(oauth_server) -> None:
    with by_oauth(oauth_server) as platform:
        platform.account()
        oauth_server.live = set()
        platform.account()
    assert oauth_server.given == 2


def test_a_secret_that_is_refused(oauth_server) -> None:
    with by_oauth(oauth_server, token="wrong") as platform:
        with pytest.raises(Unauthorized) as caught:
            platform.account()
        assert caught.value.code == "invalid_client"
    assert oauth_server.calls == [("POST", "/token")]
