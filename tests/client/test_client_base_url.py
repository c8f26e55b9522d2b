import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from saber_plus_sva.client.base_url import InvalidBaseUrl, check_base_url
from saber_plus_sva.client.errors import PlatformError
from saber_plus_sva.client.platform import Platform
from saber_plus_sva.client.registry import PLATFORMS, connect


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.example/v1", "https://api.example/v1"),
        (" https://api.example/v1// ", "https://api.example/v1"),
        ("HTTPS://API.Example:8443/V1", "https://api.example:8443/V1"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8899/v1", "http://127.0.0.1:8899/v1"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://LOCALHOST/v1", "http://localhost/v1"),
        ("http://[::1]:8899/v1", "http://[::1]:8899/v1"),
    ],
)
def test_accepted(url: str, normal: str) -> None:
    assert check_base_url(url) == normal
    assert check_base_url(normal) == normal


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "not_a_url"),
        ("api.example/v1", "not_a_url"),
        ("ftp://api.example", "not_a_url"),
        ("file:///etc/passwd", "not_a_url"),
        ("https://", "not_a_url"),
        ("https:///v1", "not_a_url"),
        ("https://api.example:99999", "not_a_url"),
        ("https://api.example:0", "not_a_url"),
        ("https://api.example:", "not_a_url"),
        ("https://api exam.ple", "not_a_url"),
        ("https://api.example/a b", "not_a_url"),
        ("https://api.ex\nample", "not_a_url"),
        ("https://api.ex\tample", "not_a_url"),
        ("https://[::1", "not_a_url"),
        ("https://api.example/../x", "not_a_url"),
        ("https://api.example\\x", "not_a_url"),
        ("https://ｅxample.com", "not_a_url"),
        ("https://user@api.example", "has_credentials"),
        ("https://user:pass@api.example", "has_credentials"),
        ("http://localhost@evil.example", "has_credentials"),
        ("https://api.example?x=1", "has_query"),
        ("https://api.example/?", "has_query"),
        ("https://api.example/#x", "has_query"),
        ("http://api.example", "not_https"),
        ("http://127.0.0.1.evil.example", "not_https"),
        ("http://localhost.evil.example", "not_https"),
        ("http://2130706433", "not_https"),
        ("http://0x7f000001", "not_https"),
        ("http://0177.0.0.1", "not_https"),
        ("http://127.1", "not_https"),
        ("http://0.0.0.0", "not_https"),
        ("http://[::]", "not_https"),
        ("http://[::ffff:127.0.0.1]", "not_https"),
        ("http://[::ffff:192.0.2.1]", "not_https"),
    ],
)
def test_refused(url: str, code: str) -> None:
    with pytest.raises(InvalidBaseUrl) as caught:
        check_base_url(url)
    assert caught.value.code == code
    assert "user:pass" not in str(caught.value)


HOSTS = st.one_of(
    st.from_regex(r"(localhost|127\.0\.0\.1|\[::1\])[^/]{0,12}", fullmatch=True),
    st.ip_addresses().map(lambda ip: f"[{ip}]" if ip.version == 6 else str(ip)),
    st.text(min_size=1, max_size=20),
)


@given(st.sampled_from(["http://", "HTTP://", " http:/", "http:"]), HOSTS, st.text())
@example("http://", "127.0.0.1", "\\@evil.example")
def test_http_is_for_loopback_only(scheme: str, host: str, rest: str) -> None:
    try:
        url = check_base_url(scheme + host + rest)
    except InvalidBaseUrl:
        return
    # As the library that connects understands it.
    reached = (parse_url(url).host or "").strip("[]")
    assert reached == "localhost" or ipaddress.ip_address(reached).is_loopback


@given(st.text() | st.text("htps:/@?#[]%.1x \\\t", max_size=30))
def test_anything_is_a_base_url_or_is_not(text: str) -> None:
    try:
        url = check_base_url(text)
    except InvalidBaseUrl:
        return
    assert check_base_url(url) == url


def test_connect() -> None:
    adapter = PLATFORMS["saber_plus"]
    credentials = dict.fromkeys(adapter.credentials, "t")
    with connect(adapter, " https://api.example/ ", credentials, timeout=3) as platform:
        assert type(platform) is adapter
        assert isinstance(platform, Platform)


@pytest.mark.parametrize("token", ["", " ", "a b", "tok\n", "tokén", "\x00"])
def test_a_token_that_no_header_can_carry(token: str) -> None:
    with pytest.raises(PlatformError) as caught:
        connect(PLATFORMS["saber_plus"], "https://api.example", {"token": token})
    assert caught.value.code == "malformed_token"


def test_connect_checks_the_address() -> None:
    with pytest.raises(InvalidBaseUrl):
        connect(PLATFORMS["saber_plus"], "http://api.example", {"token": "t"})
