"""The conformance suite, run against what conforms, and against what does not."""

import pytest

from conformance.__main__ import main
from sandbox import server as sandbox_server
from tests.support import scim


@pytest.fixture
def check(monkeypatch, capsys):
    def run(*arguments, token=scim.TOKEN):
        monkeypatch.setenv("CONFORMANCE_TOKEN", token)
        code = main(list(arguments))
        lines = capsys.readouterr().out.splitlines()
        table = dict(line.split("  ", 1) for line in lines)
        return code, {name: said.strip() for name, said in table.items()}

    return run


def test_the_sandbox(check, tmp_path) -> None:
    with sandbox_server.running(tmp_path / "sandbox.db", "tok-sandbox") as running:
        code, table = check("saber_plus", running.url, token="tok-sandbox")
    assert set(table.values()) == {"ok"}
    assert code == 0


def test_a_scim_server(check) -> None:
    with scim.running() as server:
        scim.add_group(server, "Livros")
        scim.add_group(server, "Cursos")
        code, table = check("scim", server.url)
    assert set(table.values()) == {"ok"}
    assert code == 0
    assert not server.invalid


def test_an_identity_server(check, canaille_server) -> None:
    scim.add_group(canaille_server, "Livros")
    scim.add_group(canaille_server, "Cursos")
    code, table = check(
        *("scim", canaille_server.url, "--sign-in", "oauth2"),
        *("--login", scim.LOGIN, "--token-url", canaille_server.token_url),
    )
    problems = {name: said for name, said in table.items() if said != "ok"}
    assert problems == {
        "nothing is lacking": "filter, pages, reference",
        "a double is refused": "Unavailable: The platform is not available. (500)",
    }
    assert code == 1
    [admin] = scim.everything(canaille_server, "Users")
    assert admin["userName"] == scim.ADMIN


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        # says that it has done it
        (("PATCH", "/v2/Users"), {"change name and phone", "block", "disable"}),
        (("PATCH", "/v2/Groups"), {"create"}),
        (("DELETE", "/v2/Users"), {"what is gone is not found"}),
    ],
)
def test_a_server_that_is_broken(check, broken, found) -> None:
    with scim.running(ignored=(broken,)) as server:
        scim.add_group(server, "Livros")
        scim.add_group(server, "Cursos")
        code, table = check("scim", server.url)
    assert code == 1
    assert found <= {name for name, said in table.items() if said != "ok"}


def test_a_server_that_lacks_something(check) -> None:
    with scim.running(patch=False) as server:
        code, table = check("scim", server.url)
    problems = {name: said for name, said in table.items() if said != "ok"}
    assert (code, problems) == (1, {"nothing is lacking": "patch"})


def test_a_wrong_token_and_an_address_that_is_none(check) -> None:
    with scim.running() as server:
        code, table = check("scim", server.url, token="wrong")
    assert code == 1
    assert set(table.values()) == {table["sign in"], "not tried"}
    assert check("scim", "ftp://nowhere")[0] == 2
