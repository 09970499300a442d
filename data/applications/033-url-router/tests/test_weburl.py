import pytest
from weburl import Url, UrlError, build_query, decode, encode, normalize_path, parse_query, parse_url, update_query


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, url",
    [
        ("HTTP://Me:x@Example.COM:8080/A/b?q=1#top", Url("http", "Me:x", "example.com", 8080, "/A/b", "q=1", "top")),
        ("https://a.b", Url("https", "", "a.b")),
        ("//a/b", Url(host="a", path="/b")),
        ("/a/b?c", Url(path="/a/b", query="c")),
        ("mailto:x@y.z", Url("mailto", path="x@y.z")),
        ("?a=b?c#d?e", Url(query="a=b?c", fragment="d?e")),
        ("http://a:/b", Url("http", host="a", path="/b")),
        ("a/b:c", Url(path="a/b:c")),
        ("", Url()),
    ],
)
def test_urls_are_split(text, url):
    assert parse_url(text) == url


@pytest.mark.requirement("R1")
def test_a_user_may_contain_an_at_sign():
    assert parse_url("ftp://a@b@c/").user == "a@b"
    assert parse_url("ftp://a@b@c/").host == "c"


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text",
    [
        "http://a b/",
        "http://a/\n",
        "\t",
        "http:///x",
        "http://:80/",
        "http://a:x/",
        "http://a:65536/",
        "http://u@/",
        "//",
        "http://a:-1",
    ],
)
def test_malformed_urls_are_refused(text):
    with pytest.raises(UrlError):
        parse_url(text)


@pytest.mark.requirement("R2")
def test_the_largest_port_is_fine():
    assert parse_url("http://a:65535").port == 65535
    assert parse_url("http://a:0").port == 0


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "url, text",
    [
        (Url("http", "me", "a.b", 8080, "/c", "d=1", "e"), "http://me@a.b:8080/c?d=1#e"),
        (Url("https", host="a", port=443), "https://a"),
        (Url("http", host="a", port=443), "http://a:443"),
        (Url(host="a", path="b"), "//a/b"),
        (Url("mailto", path="x@y"), "mailto:x@y"),
        (Url(query="q"), "?q"),
        (Url(), ""),
    ],
)
def test_urls_are_written(url, text):
    assert url.text() == text


@pytest.mark.requirement("R3")
def test_origins_state_the_port():
    assert Url("https", "me", "a", None, "/b").origin() == "https://a:443"
    assert Url("http", host="a", port=81).origin() == "http://a:81"
    assert Url("git", host="a").origin() == "git://a"


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("url", [Url(host="a"), Url("http", path="/a")])
def test_without_scheme_or_host_there_is_no_origin(url):
    with pytest.raises(UrlError):
        url.origin()


BASE = Url("http", "me", "a", 81, "/b/c/d", "q", "f")


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "reference, parts",
    [
        ("", ("/b/c/d", "q", "")),
        ("#x", ("/b/c/d", "q", "x")),
        ("?y", ("/b/c/d", "y", "")),
        ("e", ("/b/c/e", "", "")),
        ("e/?z#w", ("/b/c/e/", "z", "w")),
        ("../e", ("/b/e", "", "")),
        ("../../../e", ("/e", "", "")),
        ("./", ("/b/c/", "", "")),
        ("/x/../y", ("/y", "", "")),
    ],
)
def test_references_are_joined(reference, parts):
    joined = BASE.join(reference)
    assert (joined.path, joined.query, joined.fragment) == parts
    assert (joined.scheme, joined.user, joined.host, joined.port) == ("http", "me", "a", 81)


@pytest.mark.requirement("R4")
def test_references_with_host_or_scheme_replace_the_base():
    assert BASE.join("//x/y") == Url("http", host="x", path="/y")
    assert BASE.join("ftp://x/../y?z") == Url("ftp", host="x", path="/../y", query="z")
    assert Url("http", host="a").join("b") == Url("http", host="a", path="/b")


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "path, normal",
    [
        ("/a/./b/../c", "/a/c"),
        ("/../a", "/a"),
        ("//a///b/", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/..", "/"),
        ("/", "/"),
        ("", ""),
        ("a/../../b", "b"),
        ("/a/...", "/a/..."),
    ],
)
def test_paths_are_normalized(path, normal):
    assert normalize_path(path) == normal


@pytest.mark.requirement("R6")
def test_encoding():
    assert encode("a b/ü€-._~9Z%") == "a%20b%2F%C3%BC%E2%82%AC-._~9Z%25"
    assert encode("a/b c", keep="/") == "a/b%20c"


@pytest.mark.requirement("R6")
def test_decoding():
    assert decode("a%20b%2f%C3%bc+%25") == "a b/ü+%"
    assert decode("ü") == "ü"


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text", ["%", "a%2", "%zz", "%C3", "%ff%20"])
def test_malformed_escapes_are_refused(text):
    with pytest.raises(UrlError):
        decode(text)


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "text, pairs",
    [
        ("?a=1&b=x+y%26&a=", [("a", "1"), ("b", "x y&"), ("a", "")]),
        ("a&=b&&c=d=e", [("a", ""), ("", "b"), ("c", "d=e")]),
        ("", []),
        ("a%2B=%2b", [("a+", "+")]),
    ],
)
def test_queries_are_read(text, pairs):
    assert parse_query(text) == pairs


@pytest.mark.requirement("R7")
def test_queries_are_built():
    assert build_query([("a", "x y"), ("b", "&="), ("a", "ü")]) == "a=x+y&b=%26%3D&a=%C3%BC"
    assert build_query({"a": ["1", "2"], "b c": "+", "d": []}) == "a=1&a=2&b+c=%2B"
    assert build_query({}) == ""


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "text, changes, result",
    [
        ("a=1&b=2", {"a": "9"}, "a=9&b=2"),
        ("a=1&b=2&a=3", {"a": "x y"}, "a=x+y&b=2"),
        ("a=1&b=2&a=3", {"a": None}, "b=2"),
        ("a=%7e", {"b": "1", "c": None, "d": "2"}, "a=%7e&b=1&d=2"),
        ("x+y=1&z", {"x y": "2"}, "x+y=2&z"),
        ("", {"a": ""}, "a="),
        ("&a=1&", {}, "a=1"),
    ],
)
def test_queries_are_updated(text, changes, result):
    assert update_query(text, changes) == result


@pytest.mark.requirement("R8")
def test_updating_keeps_the_changes():
    changes = {"a": "1"}
    assert update_query("a=2", changes) == "a=1"
    assert changes == {"a": "1"}
