"""Requests and responses of HTTP/1.1 as bytes.

Parsers take what has been received so far and return the message with the bytes behind it; they refuse whatever two
parties could read differently. Lines end with CR LF only.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from httpheads import _TOKEN, BadHeader, Headers, HTTPError, _joined, _values

LARGEST_HEAD = 16384
_REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error",
}
_CLASSES = {1: "Informational", 2: "Success", 3: "Redirection", 4: "Client Error", 5: "Server Error"}


class BadStartLine(HTTPError):
    """The first line is no request line or status line."""


class BadFraming(HTTPError):
    """Lengths or chunks that do not tell clearly where a body ends."""


class Incomplete(HTTPError):
    """More bytes must be received before the message is complete."""


class HeadTooLarge(HTTPError):
    """Start line and headers exceed what is accepted."""


@dataclass
class Request:
    """A request; `target` is as sent, with its query."""

    method: str
    target: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    version: str = "1.1"


@dataclass
class Response:
    """A response; an empty `reason` stands for the usual phrase."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    version: str = "1.1"


def parse_request(data: bytes) -> tuple[Request, bytes]:
    """The first request in the bytes, and what follows it.

    Raises Incomplete, BadStartLine, BadHeader, BadFraming and HeadTooLarge.
    """
    line, items, rest = _head(data)
    match = re.fullmatch(r"(\S+) (\S+) HTTP/(1\.[01])", line)
    if not match or not _TOKEN.fullmatch(match[1]):
        raise BadStartLine(f"{line!r} is no request line")
    hosts = _values(items, "Host")
    if len(hosts) > 1 or (match[3] == "1.1" and not hosts):
        raise BadStartLine("a request of HTTP/1.1 needs one Host")
    body, rest = _body(items, rest, otherwise=0)
    return Request(match[1], match[2], Headers(items), body, match[3]), rest


def parse_response(data: bytes, to_head: bool = False) -> tuple[Response, bytes]:
    """The first response in the bytes, and what follows it; a body of unknown length takes all that is there.

    With `to_head` it answers a HEAD request and has no body. Raises as `parse_request` does.
    """
    line, items, rest = _head(data)
    match = re.fullmatch(r"HTTP/(1\.[01]) ([1-5]\d\d) (.*)", line)
    if not match:
        raise BadStartLine(f"{line!r} is no status line")
    status, body = int(match[2]), b""
    if not (to_head or _bodiless(status)):
        body, rest = _body(items, rest, otherwise=len(rest))
    return Response(status, match[3], Headers(items), body, match[1]), rest


def build_request(request: Request) -> bytes:
    """The bytes of a request; Content-Length is added for a body. Raises BadStartLine and BadFraming."""
    if not _TOKEN.fullmatch(request.method) or not re.fullmatch(r"[!-~]+", request.target):
        raise BadStartLine(f"{request.method!r} {request.target!r} cannot be sent")
    line = f"{request.method} {request.target} HTTP/{request.version}"
    return _message(line, request.headers, request.body, always=False)


def build_response(response: Response) -> bytes:
    """The bytes of a response; Content-Length is added unless the status forbids a body.

    Raises BadStartLine and BadFraming.
    """
    if not 100 <= response.status <= 599 or re.search(r"[\r\n]", response.reason):
        raise BadStartLine(f"status {response.status} {response.reason!r} cannot be sent")
    if _bodiless(response.status) and response.body:
        raise BadFraming(f"a response of status {response.status} has no body")
    line = f"HTTP/{response.version} {response.status} {response.reason or _reason(response.status)}"
    return _message(line, response.headers, response.body, always=not _bodiless(response.status))


def reason_phrase(status: int) -> str:
    """The usual phrase for a status, or the name of its class. Raises BadStartLine outside of 100 to 599."""
    if not 100 <= status <= 599:
        raise BadStartLine(f"{status} is no status")
    return _reason(status)


def write_chunks(body: bytes, size: int) -> bytes:
    """The body in chunks of the given size with the final empty one. Raises BadFraming for a size below 1."""
    if size < 1:
        raise BadFraming(f"chunks cannot hold {size} bytes")
    return _chunks(body, size)


def read_chunks(data: bytes) -> tuple[bytes, bytes]:
    """The body that comes in chunks, and the bytes behind it; extensions and trailers are skipped.

    Raises Incomplete and BadFraming.
    """
    return _unchunked(data)


def keeps_alive(message: Request | Response) -> bool:
    """Whether the connection stays open: in 1.1 unless closed explicitly, in 1.0 only when asked for."""
    options = {option.strip().lower() for option in (_joined(message.headers.items(), "Connection", "")).split(",")}
    if "close" in options:
        return False
    return message.version == "1.1" or "keep-alive" in options


def parse_target(target: str) -> tuple[str, list[tuple[str, str]]]:
    """The path of a target with its escapes resolved, and the parameters of its query in their order."""
    path, _, query = target.partition("#")[0].partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    parameters = [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
    return unquote_plus(path.replace("+", "%2B")), parameters


def _head(data: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """First line, header fields, and the bytes behind the head."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if len(head) > LARGEST_HEAD:
        raise HeadTooLarge(f"the head exceeds {LARGEST_HEAD} bytes")
    if not end:
        raise Incomplete("the head is not complete")
    line, *fields = head.decode("latin-1").split("\r\n")
    return line, Headers(_field(text) for text in fields).items(), rest


def _field(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise BadHeader(f"{text!r} has no colon")
    return name, value


def _bodiless(status: int) -> bool:
    return status < 200 or status in (204, 304)


def _reason(status: int) -> str:
    return _REASONS.get(status, _CLASSES[status // 100])


def _body(items: list[tuple[str, str]], rest: bytes, otherwise: int) -> tuple[bytes, bytes]:
    """The body and the bytes behind it; `otherwise` is its length when no header tells it."""
    coding = _joined(items, "Transfer-Encoding", None)
    lengths = set(_values(items, "Content-Length"))
    if coding is not None:
        if lengths or coding.lower() != "chunked":
            raise BadFraming("a transfer coding other than chunked, or with a length")
        return _unchunked(rest)
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
        raise BadFraming("the length of the body is unclear")
    size = int(lengths.pop()) if lengths else otherwise
    if len(rest) < size:
        raise Incomplete(f"{len(rest)} bytes of {size}")
    return rest[:size], rest[size:]


def _unchunked(data: bytes) -> tuple[bytes, bytes]:
    body, size = b"", -1
    while size:
        line, data = _line(data)
        digits = line.partition(b";")[0].strip(b" \t")
        if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", digits):
            raise BadFraming(f"{line!r} is no size of a chunk")
        size = int(digits, 16)
        if size:
            if len(data) < size + 2:
                raise Incomplete("a chunk is not complete")
            if data[size:size + 2] != b"\r\n":
                raise BadFraming("a chunk is longer than its size")
            body, data = body + data[:size], data[size + 2:]
    while line:
        line, data = _line(data)
    return body, data


def _chunks(body: bytes, size: int) -> bytes:
    parts = [body[start:start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _line(data: bytes) -> tuple[bytes, bytes]:
    line, end, rest = data.partition(b"\r\n")
    if not end:
        raise Incomplete("a line is not complete")
    return line, rest


def _message(line: str, headers: Headers, body: bytes, always: bool) -> bytes:
    """Head and body; the length is added where it is wanted and missing, and checked where it is given."""
    items = headers.items()
    if _joined(items, "Transfer-Encoding", None) is not None:
        if _values(items, "Content-Length"):
            raise BadFraming("a transfer coding and a length contradict each other")
        body = _chunks(body, max(1, len(body)))
    elif lengths := _values(items, "Content-Length"):
        if lengths != [str(len(body))]:
            raise BadFraming(f"the body has {len(body)} bytes, not {lengths[0]}")
    elif body or always:
        items.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in items)
    return f"{line}\r\n{head}\r\n".encode("latin-1") + body
