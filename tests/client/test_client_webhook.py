"""Posts to other programs, without a network."""

import json

import pytest
import responses

from saber_plus_sva.client.base_url import InvalidBaseUrl
from saber_plus_sva.client.errors import (
    BadAnswer,
    PlatformError,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.webhook import (
    Receiver,
    check_receiver_url,
    deliver_all,
    new_secret,
    sign,
)

URL = "https://crm.example/sva"
#: what the libraries of Standard Webhooks are tested with
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def receiver():
    with_secret = Receiver(URL, SECRET)
    yield with_secret
    with_secret.close()


def test_it_signs_as_others_verify():
    assert sign(SECRET, ID, 1614265330, BODY) == SIGNATURE


def test_no_two_secrets_are_alike():
    assert len({new_secret() for _number in range(10)}) == 10


def test_what_is_sent_is_what_is_signed(web, receiver):
    web.post(URL, status=204)
    receiver.deliver("post-1", {"b": "ção", "a": None})
    request = web.calls[0].request
    assert json.loads(request.body) == {"a": None, "b": "ção"}
    timestamp = int(request.headers["webhook-timestamp"])
    assert request.headers["webhook-id"] == "post-1"
    assert request.headers["webhook-signature"] == sign(
        SECRET, "post-1", timestamp, request.body
    )
    assert "Authorization" not in request.headers
    assert SECRET not in str(request.headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_yes_whatever_is_said_beside_it(web, receiver, status):
    web.post(URL, status=status, body="<html>" + "x" * 2**21)
    receiver.deliver("post-1", {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, BadAnswer),
        (400, Refused),
        (401, Unauthorized),
        (404, BadAnswer),
        (410, Refused),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_anything_else_is_a_no(web, receiver, status, kind):
    web.post(URL, status=status, headers={"Location": "https://other.example/"})
    with pytest.raises(PlatformError) as caught:
        receiver.deliver("post-1", {})
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(web.calls) == 1


def test_who_is_away_is_left_alone(web, receiver):
    web.post(URL, status=503)
    outcomes = deliver_all(receiver, [(str(n), {}) for n in range(50)], 4, 20)
    assert 1 <= len(outcomes) <= 4
    assert all(isinstance(error, Unavailable) for error in outcomes.values())


def test_one_that_is_refused_does_not_stop_the_others(web, receiver):
    def answer(request):
        return (400 if request.headers["webhook-id"] == "3" else 200, {}, "")

    web.add_callback(responses.POST, URL, answer)
    outcomes = deliver_all(receiver, [(str(n), {}) for n in range(9)], 4, 20)
    assert [id_ for id_, error in outcomes.items() if error] == ["3"]
    assert len(outcomes) == 9


def test_no_post_is_begun_when_the_time_is_up(web, receiver):
    assert deliver_all(receiver, [("1", {})], 4, -1) == {}


def test_addresses():
    assert check_receiver_url(" https://Crm.example/Hook/ ").endswith("/Hook/")
    assert check_receiver_url("https://crm.example") == "https://crm.example"
    for url in ("http://crm.example", "https://crm.example/?a=1", "crm.example"):
        with pytest.raises(InvalidBaseUrl):
            check_receiver_url(url)
