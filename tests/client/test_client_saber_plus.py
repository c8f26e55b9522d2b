"""The adapter: what it sends, and what it makes of the answers."""

import json
from dataclasses import replace

import pytest
import responses
from responses import matchers

from saber_plus_sva.client.errors import BadAnswer, NotFound, PlatformError, Refused
from saber_plus_sva.client.types import NewUser, Package, Profile, User

BASE = "https://api.example/v1"
NOT_FOUND = {"error": {"code": "not_found", "message": "Não encontrado."}}


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


def page(items: list, cursor: str | None = None) -> dict:
    return {"items": items, "next_cursor": cursor}


def on_query(**params: object):
    return [matchers.query_param_matcher({"limit": "200", **params})]


def test_packages_of_all_pages(web, connect) -> None:
    first = {"code": "A", "name": "a", "active": True}
    second = {"code": "B", "name": "b", "description": "d", "active": False}
    web.get(f"{BASE}/packages", json=page([first], "c1"), match=on_query())
    web.get(f"{BASE}/packages", json=page([], "c2"), match=on_query(cursor="c1"))
    web.get(f"{BASE}/packages", json=page([second]), match=on_query(cursor="c2"))
    assert list(connect().packages()) == [
        Package("A", "a", "", True),
        Package("B", "b", "d", False),
    ]


USER = {
    "id": "usr_1",
    "external_ref": None,
    "cpf": "52998224725",
    "username": "maria",
    "name": "Maria",
    "phone": "+5511987654321",
    "package_code": "A",
    "status": "active",
}


@pytest.mark.parametrize(
    ("bad", "known_as", "field"),
    [
        ({**USER, "id": "usr_2", "status": "frozen"}, "usr_2", "status"),
        ({**USER, "id": "x" * 12_000}, "", "id"),
        ({**USER, "id": "usr_2", "external_ref": "x" * 256}, "usr_2", "external_ref"),
        ({**USER, "id": "usr_2", "name": "x" * 10_001}, "usr_2", "name"),
        ("nonsense", "", "id"),
    ],
)
def test_a_page_with_a_user_that_cannot_be_understood(
    web, connect, bad: object, known_as: str, field: str
) -> None:
    web.get(f"{BASE}/users", json=page([bad, USER]))
    read = connect().page_of_users()
    assert [user.id for user in read.items] == ["usr_1"]
    [unread] = read.unread
    assert unread.id == known_as
    assert f"({field})" in unread.problem
    assert "x" * 20 not in unread.problem


def test_a_look_up_that_cannot_be_understood_is_not_taken_for_nobody(
    web, connect
) -> None:
    web.get(f"{BASE}/users", json=page([{**USER, "status": "frozen"}]))
    with pytest.raises(BadAnswer):
        connect().find_user(cpf=USER["cpf"], external_ref="ours")


@pytest.mark.parametrize("cursors", [["c1", "c1"], ["c1", "c2", "c1"], ["", ""]])
def test_cursors_that_go_round(web, connect, cursors: list[str]) -> None:
    for cursor in cursors:
        web.get(f"{BASE}/packages", json=page([], cursor))
    with pytest.raises(BadAnswer) as caught:
        list(connect().packages())
    assert caught.value.code == "cursor_loop"
    assert len(web.calls) == len(cursors)


def test_pages_without_end(web, connect, monkeypatch) -> None:
    monkeypatch.setattr("saber_plus_sva.client.saber_plus._MOST_PAGES", 5)
    numbers = iter(range(1000))
    web.add_callback(
        "GET",
        f"{BASE}/packages",
        lambda _request: (200, {}, json.dumps(page([], f"c{next(numbers)}"))),
    )
    with pytest.raises(BadAnswer) as caught:
        list(connect().packages())
    assert caught.value.code == "cursor_loop"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"items": []},
        {"next_cursor": None},
        {"items": {}, "next_cursor": None},
        {"items": [], "next_cursor": 1},
        {"items": [1], "next_cursor": None},
        {"items": [{"code": "A", "name": "a"}], "next_cursor": None},
        {"items": [{"code": "A", "name": "a", "active": 1}], "next_cursor": None},
        page([{"code": "A", "name": "a", "active": True, "description": None}]),
    ],
)
def test_pages_in_another_shape(web, connect, body: object) -> None:
    web.get(f"{BASE}/packages", json=body)
    with pytest.raises(BadAnswer):
        list(connect().packages())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("id", 7),
        ("id", ""),
        ("external_ref", 1),
        ("cpf", 52998224725),
        ("username", None),
        ("name", []),
        ("phone", None),
        ("package_code", False),
        ("status", "deleted"),
        ("status", None),
    ],
)
def test_users_are_read_strictly(web, connect, user_json, key, value) -> None:
    web.get(f"{BASE}/users/usr_1", json={**user_json, key: value})
    with pytest.raises(BadAnswer, match=key) as caught:
        connect().get_user("usr_1")
    assert "52998224725" not in str(caught.value)
    del user_json[key]
    web.replace("GET", f"{BASE}/users/usr_1", json=user_json)
    with pytest.raises(BadAnswer):
        connect().get_user("usr_1")


def test_get_user(web, connect, user_json) -> None:
    user_json.update(external_ref=None, package_code=None)
    web.get(f"{BASE}/users/usr_1", json=user_json)
    user = connect().get_user("usr_1")
    assert user == User(
        id="usr_1",
        external_ref=None,
        cpf="52998224725",
        username="maria",
        profile=Profile("Maria Silva", "+5511987654321", ""),
        status="active",
    )
    assert type(user.status) is str
    assert "52998224725" not in repr(user)
    assert "+55" not in repr(user)


def test_an_empty_cpf_is_none(web, connect, user_json) -> None:
    """Else a user that is known by its id would be taken for somebody else."""
    web.get(f"{BASE}/users/usr_1", json={**user_json, "cpf": ""})
    assert connect().get_user("usr_1").cpf is None


def test_filters(web, connect, user_json) -> None:
    web.get(f"{BASE}/users", json=page([]), match=on_query())
    web.get(f"{BASE}/users", json=page([user_json]), match=on_query(cpf="1"))
    platform = connect()
    assert not list(platform.users())
    assert len(list(platform.users(cpf="1"))) == 1


def test_find_by_reference(web, connect, user_json) -> None:
    web.get(
        f"{BASE}/users", json=page([user_json]), match=on_query(external_ref="sva-1")
    )
    user = connect().find_user("52998224725", "sva-1")
    assert user and user.id == "usr_1"


@pytest.mark.parametrize("theirs", [None, "other"])
def test_find_by_cpf(web, connect, user_json, theirs: str | None) -> None:
    user_json["external_ref"] = theirs
    web.get(f"{BASE}/users", json=page([]), match=on_query(external_ref="sva-1"))
    web.get(f"{BASE}/users", json=page([user_json]), match=on_query(cpf="52998224725"))
    user = connect().find_user("52998224725", "sva-1")
    assert user and user.external_ref == theirs


def test_find_nobody(web, connect) -> None:
    web.get(f"{BASE}/users", json=page([]))
    assert connect().find_user("52998224725", "sva-1") is None
    assert len(web.calls) == 2


def test_a_filter_that_is_not_heeded_finds_nobody_else(web, connect, user_json) -> None:
    web.get(f"{BASE}/users", json=page([user_json]))
    with pytest.raises(BadAnswer):
        connect().find_user("52998224725", "sva-2")
    web.replace("GET", f"{BASE}/users", json=page([]))
    web.get(f"{BASE}/users", json=page([user_json]))
    with pytest.raises(BadAnswer):
        connect().find_user("11144477735", "sva-1")


def test_create(web, connect, user_json, new_user: NewUser) -> None:
    web.post(f"{BASE}/users", status=201, json=user_json)
    assert connect().create_user(new_user, "key-1").id == "usr_1"
    request = web.calls[0].request
    assert request.headers["Idempotency-Key"] == "key-1"
    assert json.loads(request.body) == {
        "external_ref": "sva-1",
        "cpf": "52998224725",
        "username": "maria",
        "name": "Maria Silva",
        "phone": "+5511987654321",
        "package_code": "SABER-LIVROS",
        "password": "s3nha-Secreta",
    }


def test_create_without_password(web, connect, user_json, new_user: NewUser) -> None:
    web.post(f"{BASE}/users", status=201, json=user_json)
    connect().create_user(replace(new_user, password=None), "key-1")
    assert "password" not in json.loads(web.calls[0].request.body)


@pytest.mark.parametrize(
    ("key", "value"), [("cpf", "11144477735"), ("external_ref", None)]
)
def test_create_answered_with_somebody_else(
    web, connect, user_json, new_user: NewUser, key: str, value: object
) -> None:
    web.post(f"{BASE}/users", status=201, json={**user_json, key: value})
    with pytest.raises(BadAnswer) as caught:
        connect().create_user(new_user, "key-1")
    assert caught.value.maybe_applied


def test_update(web, connect, user_json) -> None:
    web.patch(f"{BASE}/users/usr_1", json=user_json)
    connect().update_user("usr_1", {"phone": "+5511911112222"}, "nova-senha")
    assert json.loads(web.calls[0].request.body) == {
        "phone": "+5511911112222",
        "password": "nova-senha",
    }


def test_set_status(web, connect, user_json) -> None:
    web.put(f"{BASE}/users/usr_1/status", json={**user_json, "status": "blocked"})
    assert connect().set_status("usr_1", "blocked").status == "blocked"
    assert json.loads(web.calls[0].request.body) == {"status": "blocked"}


def test_delete(web, connect) -> None:
    web.delete(f"{BASE}/users/usr_1", status=204)
    web.delete(f"{BASE}/users/usr_1", status=404, json=NOT_FOUND)
    platform = connect()
    platform.delete_user("usr_1")
    platform.delete_user("usr_1")


def test_a_404_of_somebody_else_deletes_nothing(web, connect) -> None:
    web.delete(f"{BASE}/users/usr_1", status=404, body="<h1>nginx</h1>")
    with pytest.raises(BadAnswer):
        connect().delete_user("usr_1")


@pytest.mark.parametrize("body", [{}, {"situacao": "manutenção"}, [], "ok"])
def test_an_answer_that_speaks_of_no_deletion_is_none(web, connect, body) -> None:
    web.delete(f"{BASE}/users/usr_1", status=200, json=body)
    with pytest.raises(BadAnswer) as caught:
        connect().delete_user("usr_1")
    assert caught.value.maybe_applied


def test_answers_about_another_user(web, connect, user_json) -> None:
    user_json["id"] = "usr_2"
    web.get(f"{BASE}/users/usr_1", json=user_json)
    web.patch(f"{BASE}/users/usr_1", json=user_json)
    web.put(f"{BASE}/users/usr_1/status", json=user_json)
    platform = connect()
    for call in (
        lambda: platform.get_user("usr_1"),
        lambda: platform.update_user("usr_1", {"name": "x"}),
        lambda: platform.set_status("usr_1", "active"),
    ):
        with pytest.raises(BadAnswer):
            call()


def test_missing_user(web, connect) -> None:
    web.get(f"{BASE}/users/usr_1", status=404, json=NOT_FOUND)
    with pytest.raises(NotFound):
        connect().get_user("usr_1")


@pytest.mark.parametrize(
    ("user_id", "path"),
    [
        ("a/b", "/v1/users/a%2Fb"),
        ("../account", "/v1/users/..%2Faccount"),
        ("a?b#c", "/v1/users/a%3Fb%23c"),
        ("ç %41", "/v1/users/%C3%A7%20%2541"),
    ],
)
def test_ids_stay_in_their_segment(web, connect, user_id: str, path: str) -> None:
    web.add_callback("DELETE", f"https://api.example{path}", lambda _r: (204, {}, ""))
    connect().delete_user(user_id)
    assert web.calls[0].request.path_url == path


@pytest.mark.parametrize("user_id", ["", ".", "..", "\ud800"])
def test_ids_that_fit_no_segment(connect, user_id: str) -> None:
    with pytest.raises(Refused) as caught:
        connect().delete_user(user_id)
    assert caught.value.code == "malformed_request"


@pytest.mark.parametrize("key", ["a\nb", "chave-é-\u20ac"])
def test_keys_that_no_header_can_carry(connect, new_user: NewUser, key: str) -> None:
    with pytest.raises(PlatformError) as caught:
        connect("http://127.0.0.1:9/v1").create_user(new_user, key)
    assert not caught.value.maybe_applied


def test_a_list_that_is_not_there_is_not_an_empty_one(web, connect) -> None:
    error = {"code": "not_found", "message": "Não encontrado."}
    web.get(f"{BASE}/users", status=404, json={"error": error})
    with pytest.raises(BadAnswer):
        connect().find_user("52998224725", "ref-1")
