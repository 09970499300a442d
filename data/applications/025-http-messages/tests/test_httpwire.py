import pytest
from httpheads import BadHeader, Headers
from httpwire import (
    BadFraming,
    BadStartLine,
    HeadTooLarge,
    Incomplete,
    Request,
    Response,
    build_request,
    build_response,
    keeps_alive,
    parse_request,
    parse_response,
    parse_target,
    read_chunks,
    reason_phrase,
    write_chunks,
)

POST = b"POST /form?a=1 HTTP/1.1\r\nHost: x.org\r\nContent-Length: 3\r\n\r\nabcGET"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nnext"


def get(*fields):
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: x", *fields]) + b"\r\n\r\n"


@pytest.mark.requirement("R5")
def test_parse_request():
    request, rest = parse_request(POST)
    assert (request.method, request.target, request.version) == ("POST", "/form?a=1", "1.1")
    assert request.headers.items() == [("Host", "x.org"), ("Content-Length", "3")]
    assert (request.body, rest) == (b"abc", b"GET")


@pytest.mark.requirement("R5")
def test_a_request_without_length_has_no_body():
    request, rest = parse_request(b"GET / HTTP/1.0\r\n\r\nrest")
    assert (request.version, request.body, rest) == ("1.0", b"", b"rest")


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/2.0\r\nHost: x",
        b"GET /\r\nHost: x",
        b"GET  / HTTP/1.1\r\nHost: x",
        b"G@T / HTTP/1.1\r\nHost: x",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x",
        b"GET / HTTP/1.0\r\nHost: x\r\nHost: x",
    ],
)
def test_bad_request_lines_and_hosts(head):
    with pytest.raises(BadStartLine):
        parse_request(head + b"\r\n\r\n")


@pytest.mark.requirement("R6")
def test_parse_response():
    response, rest = parse_response(b"HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nnono")
    assert (response.status, response.reason, response.version) == (404, "Not Found", "1.0")
    assert (response.body, rest) == (b"no", b"no")


@pytest.mark.requirement("R6")
def test_a_response_without_length_takes_everything():
    response, rest = parse_response(b"HTTP/1.1 200 \r\n\r\nall of it")
    assert (response.reason, response.body, rest) == ("", b"all of it", b"")


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("status", [b"100", b"199", b"204", b"304"])
def test_some_responses_have_no_body(status):
    response, rest = parse_response(b"HTTP/1.1 " + status + b" x\r\nContent-Length: 1\r\n\r\nab")
    assert (response.body, rest) == (b"", b"ab")


@pytest.mark.requirement("R6")
def test_answers_to_head_have_no_body():
    response, rest = parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", to_head=True)
    assert (response.status, response.body, rest) == (200, b"", b"ab")


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("line", [b"HTTP/1.1 600 X", b"HTTP/1.1 20 X", b"HTTP/1.1 200", b"200 OK"])
def test_bad_status_lines(line):
    with pytest.raises(BadStartLine):
        parse_response(line + b"\r\n\r\n")


@pytest.mark.requirement("R7")
def test_chunked_bodies_are_put_together():
    response, rest = parse_response(CHUNKED)
    assert (response.body, rest) == (b"abc", b"next")


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("data", [POST[:-5], b"GET / HTTP/1.1\r\nHost: x\r\n", b""])
def test_incomplete_requests(data):
    with pytest.raises(Incomplete):
        parse_request(data)


@pytest.mark.requirement("R7")
def test_a_body_that_has_just_arrived():
    assert parse_request(POST[:-3])[0].body == b"abc"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "fields",
    [
        [b"Content-Length: 1", b"Content-Length: 2"],
        [b"Content-Length: 1, 1"],
        [b"Content-Length: -1"],
        [b"Content-Length: +1"],
        [b"Content-Length: 3", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: gzip"],
    ],
)
def test_unclear_lengths_are_refused(fields):
    with pytest.raises(BadFraming):
        parse_request(get(*fields) + b"0\r\n\r\n")


@pytest.mark.requirement("R8")
def test_the_same_length_twice_is_clear():
    assert parse_request(get(b"Content-Length: 1", b"Content-Length: 1") + b"xy")[1] == b"y"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("field", [b"Bad Name: x", b"X-A : b", b" folded", b"nothing"])
def test_bad_fields_are_refused(field):
    with pytest.raises(BadHeader):
        parse_request(get(field))


@pytest.mark.requirement("R9")
def test_the_head_is_limited():
    head = b"GET / HTTP/1.0\r\nX: "
    fits = head + b"a" * (16384 - len(head))
    assert parse_request(fits + b"\r\n\r\n")[1] == b""
    with pytest.raises(HeadTooLarge):
        parse_request(fits + b"a\r\n\r\n")


@pytest.mark.requirement("R9")
def test_an_endless_head_is_refused_before_it_ends():
    with pytest.raises(HeadTooLarge):
        parse_request(b"a" * 16385)
    with pytest.raises(Incomplete):
        parse_request(b"a" * 16384)


@pytest.mark.requirement("R10")
def test_build_request():
    request = Request("GET", "/a?b", Headers([("Host", "x")]))
    assert build_request(request) == b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.requirement("R10")
def test_build_request_adds_the_length():
    request = Request("PUT", "/", Headers([("Host", "x")]), b"four", "1.0")
    assert build_request(request) == b"PUT / HTTP/1.0\r\nHost: x\r\nContent-Length: 4\r\n\r\nfour"


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(("method", "target"), [("G T", "/"), ("GET", "/a b"), ("GET", ""), ("GET", "/\r\nX: y")])
def test_build_request_refuses_bad_lines(method, target):
    with pytest.raises(BadStartLine):
        build_request(Request(method, target))


@pytest.mark.requirement("R10")
def test_the_length_given_must_be_right():
    right = Request("PUT", "/", Headers([("Content-Length", "2")]), b"ab")
    assert build_request(right).count(b"Content-Length") == 1
    with pytest.raises(BadFraming):
        build_request(Request("PUT", "/", Headers([("Content-Length", "3")]), b"ab"))


@pytest.mark.requirement("R11")
def test_build_response():
    assert build_response(Response(404, body=b"no")) == b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
    assert build_response(Response(200, "Fine")) == b"HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.requirement("R11")
def test_build_response_in_chunks():
    response = Response(200, headers=Headers([("Transfer-Encoding", "chunked")]), body=b"abcdefghijk")
    assert build_response(response).endswith(b"chunked\r\n\r\nb\r\nabcdefghijk\r\n0\r\n\r\n")
    response.headers.add("Content-Length", "11")
    with pytest.raises(BadFraming):
        build_response(response)


@pytest.mark.requirement("R11")
def test_build_response_without_body():
    assert build_response(Response(204)) == b"HTTP/1.1 204 No Content\r\n\r\n"
    with pytest.raises(BadFraming):
        build_response(Response(304, body=b"x"))


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(("status", "reason"), [(99, "x"), (600, "x"), (200, "a\r\nb")])
def test_build_response_refuses_bad_lines(status, reason):
    with pytest.raises(BadStartLine):
        build_response(Response(status, reason))


@pytest.mark.requirement("R12")
def test_reason_phrase():
    assert (reason_phrase(302), reason_phrase(500)) == ("Found", "Internal Server Error")
    assert [reason_phrase(status) for status in (100, 299, 399, 418, 599)] == [
        "Informational",
        "Success",
        "Redirection",
        "Client Error",
        "Server Error",
    ]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("status", [99, 600])
def test_reason_phrase_of_no_status(status):
    with pytest.raises(BadStartLine):
        reason_phrase(status)


@pytest.mark.requirement("R13")
def test_write_chunks():
    assert write_chunks(b"abcde", 2) == b"2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n"
    assert write_chunks(b"", 1) == b"0\r\n\r\n"
    assert write_chunks(bytes(26), 26).startswith(b"1a\r\n")
    with pytest.raises(BadFraming):
        write_chunks(b"a", 0)


@pytest.mark.requirement("R13")
def test_read_chunks():
    assert read_chunks(b"1A \r\n" + bytes(26) + b"\r\n1;ext=1\r\nz\r\n0\r\n\r\nrest") == (bytes(26) + b"z", b"rest")


@pytest.mark.requirement("R13")
def test_read_chunks_skips_trailers():
    assert read_chunks(b"0\r\nA: b\r\nC: d\r\n\r\nrest") == (b"", b"rest")


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"3\r\nabc\r", Incomplete),
        (b"3", Incomplete),
        (b"0\r\n", Incomplete),
        (b"0\r\nA: b\r\n", Incomplete),
        (b"2\r\nabc\r\n0\r\n\r\n", BadFraming),
        (b"x\r\n", BadFraming),
        (b"-1\r\n", BadFraming),
        (b"\r\n", BadFraming),
    ],
)
def test_damaged_chunks(data, error):
    with pytest.raises(error):
        read_chunks(data)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    ("version", "connection", "expected"),
    [
        ("1.1", "", True),
        ("1.1", "upgrade, Close", False),
        ("1.0", "", False),
        ("1.0", "Keep-Alive", True),
        ("1.0", "keep-alive, close", False),
    ],
)
def test_keeps_alive(version, connection, expected):
    headers = Headers([("Connection", connection)])
    assert keeps_alive(Request("GET", "/", headers, version=version)) is expected


@pytest.mark.requirement("R14")
def test_responses_keep_alive_too():
    assert keeps_alive(Response(200)) is True


@pytest.mark.requirement("R15")
def test_parse_target():
    assert parse_target("/a%20b+c?x=1&y=%26+2&x=&z&&q=a=b") == (
        "/a b+c",
        [("x", "1"), ("y", "& 2"), ("x", ""), ("z", ""), ("q", "a=b")],
    )


@pytest.mark.requirement("R15")
def test_parse_target_without_query():
    assert parse_target("/a/#part?x=1") == ("/a/", [])
    assert parse_target("*") == ("*", [])
