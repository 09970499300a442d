import pytest
from cookiejars import (
    BadCookie,
    SetCookie,
    build_cookies,
    build_set_cookie,
    cookie_applies,
    parse_cookies,
    parse_set_cookie,
)


def goes(host="x.org", path="/", secure=True, **attributes):
    """Whether a cookie with these attributes, set by x.org, goes with a request."""
    return cookie_applies(SetCookie("a", "1", **attributes), "x.org", host, path, secure)


@pytest.mark.requirement("R16")
def test_parse_cookies():
    assert parse_cookies('a=1; b="two" ;c=x=y; d=; e="') == {"a": "1", "b": "two", "c": "x=y", "d": "", "e": '"'}


@pytest.mark.requirement("R16")
def test_parse_cookies_skips_malformed_and_repeated_ones():
    assert parse_cookies("a=1; junk; =2; b c=3; a=4") == {"a": "1"}


@pytest.mark.requirement("R16")
def test_build_cookies():
    assert build_cookies({"a": "1", "b": "x=y"}) == "a=1; b=x=y"
    assert build_cookies({}) == ""


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    ("name", "value"), [("a b", "1"), ("", "1"), ("a", "1;2"), ("a", "1,2"), ("a", "ü"), ("a", '"'), ("a", "\\")]
)
def test_build_cookies_refuses(name, value):
    with pytest.raises(BadCookie):
        build_cookies({name: value})


@pytest.mark.requirement("R17")
def test_parse_set_cookie():
    found = parse_set_cookie('id="7"; PATH=/app; Domain=.X.org; Max-Age=60; secure; HttpOnly; SameSite=Lax')
    assert found == SetCookie("id", "7", "/app", "x.org", 60, True, True)


@pytest.mark.requirement("R17")
def test_parse_set_cookie_fills_in_what_is_missing_or_wrong():
    assert parse_set_cookie("id=7; Path=app; Max-Age=soon; Domain=") == SetCookie("id", "7")
    assert parse_set_cookie("id=7; max-age=-1").max_age == -1


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("header", ["id", "; Path=/", "a b=1", "a=b c"])
def test_parse_set_cookie_refuses(header):
    with pytest.raises(BadCookie):
        parse_set_cookie(header)


@pytest.mark.requirement("R17")
def test_build_set_cookie():
    assert build_set_cookie(SetCookie("id", "7")) == "id=7; Path=/"
    full = SetCookie("id", "7", "/app", "x.org", 0, True, True)
    assert build_set_cookie(full) == "id=7; Path=/app; Domain=x.org; Max-Age=0; Secure; HttpOnly"


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    "cookie",
    [SetCookie("i d", "7"), SetCookie("id", "7;"), SetCookie("id", "7", "x"), SetCookie("id", "7", domain="a;b")],
)
def test_build_set_cookie_refuses(cookie):
    with pytest.raises(BadCookie):
        build_set_cookie(cookie)


@pytest.mark.requirement("R18")
def test_a_cookie_goes_to_its_host_alone():
    assert goes("X.ORG")
    assert not goes("www.x.org")


@pytest.mark.requirement("R18")
def test_a_cookie_with_a_domain_goes_to_hosts_below():
    assert goes("www.x.org", domain="X.org")
    assert goes("x.org", domain="x.org")
    assert not goes("ax.org", domain="x.org")
    assert not goes("y.org", domain="y.org")


@pytest.mark.requirement("R18")
def test_a_cookie_goes_to_paths_below_its_own():
    assert goes(path="/app/x")
    assert cookie_applies(SetCookie("a", "1", "/app"), "x", "x", "/app", False)
    assert cookie_applies(SetCookie("a", "1", "/app/"), "x", "x", "/app/b", False)
    assert not cookie_applies(SetCookie("a", "1", "/app"), "x", "x", "/apple", False)


@pytest.mark.requirement("R18")
def test_secure_and_expired_cookies():
    assert goes(secure=False)
    assert not cookie_applies(SetCookie("a", "1", secure=True), "x", "x", "/", False)
    assert cookie_applies(SetCookie("a", "1", secure=True), "x", "x", "/", True)
    assert goes(max_age=1)
    assert not goes(max_age=0)
