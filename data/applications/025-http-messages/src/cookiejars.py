"""Cookies: what clients send, what servers set, and when a cookie goes with a request."""

import re
from dataclasses import dataclass

from httpheads import _TOKEN, HTTPError


class BadCookie(HTTPError):
    """A cookie has an impossible name, value or attribute."""


@dataclass(frozen=True)
class SetCookie:
    """A cookie set by a server; `max_age` in seconds, None for the session; `domain` None for just the host."""

    name: str
    value: str
    path: str = "/"
    domain: str | None = None
    max_age: int | None = None
    secure: bool = False
    http_only: bool = False


def parse_cookies(header: str) -> dict[str, str]:
    """The cookies a client sent, by name; the first one of a name counts and malformed ones are skipped."""
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and _TOKEN.fullmatch(name):
            cookies.setdefault(name, _unquoted(value))
    return cookies


def build_cookies(cookies: dict[str, str]) -> str:
    """The header value with which a client sends cookies. Raises BadCookie."""
    return "; ".join(f"{name}={value}" for name, value in map(_checked, cookies, cookies.values()))


def parse_set_cookie(header: str) -> SetCookie:
    """The cookie that a server sets; unknown attributes are ignored. Raises BadCookie."""
    first, *rest = header.split(";")
    name, equals, value = first.strip().partition("=")
    if not equals:
        raise BadCookie(f"{first!r} has no value")
    name, value = _checked(name, _unquoted(value))
    path, domain, age, flags = "/", None, None, set()
    for part in rest:
        key, _, text = (piece.strip() for piece in part.partition("="))
        if key.lower() == "path" and text.startswith("/"):
            path = text
        elif key.lower() == "domain" and text:
            domain = text.lstrip(".").lower()
        elif key.lower() == "max-age" and re.fullmatch(r"-?[0-9]+", text):
            age = int(text)
        flags.add(key.lower())
    return SetCookie(name, value, path, domain, age, "secure" in flags, "httponly" in flags)


def build_set_cookie(cookie: SetCookie) -> str:
    """The header value with which a server sets a cookie. Raises BadCookie."""
    name, value = _checked(cookie.name, cookie.value)
    if not re.fullmatch(r"/[^;\x00-\x1f]*", cookie.path) or re.search(r"[^A-Za-z0-9.-]", cookie.domain or ""):
        raise BadCookie(f"path {cookie.path!r} or domain {cookie.domain!r} cannot be sent")
    parts = [f"{name}={value}", f"Path={cookie.path}"]
    parts += [f"Domain={cookie.domain}"] if cookie.domain else []
    parts += [f"Max-Age={cookie.max_age}"] if cookie.max_age is not None else []
    parts += ["Secure"] if cookie.secure else []
    return "; ".join(parts + (["HttpOnly"] if cookie.http_only else []))


def cookie_applies(cookie: SetCookie, origin: str, host: str, path: str, secure: bool) -> bool:
    """Whether a cookie set by the host `origin` goes with a request to the host and path, over TLS if `secure`.

    A cookie for a domain that its origin does not belong to goes nowhere.
    """
    if cookie.secure and not secure or cookie.max_age is not None and cookie.max_age <= 0:
        return False
    if cookie.domain is None:
        fits = host.lower() == origin.lower()
    else:
        end = f".{cookie.domain.lower()}"
        fits = f".{host.lower()}".endswith(end) and f".{origin.lower()}".endswith(end)
    inside = path == cookie.path or path.startswith(cookie.path.rstrip("/") + "/")
    return fits and inside


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _checked(name: str, value: str) -> tuple[str, str]:
    if not _TOKEN.fullmatch(name):
        raise BadCookie(f"{name!r} is no name of a cookie")
    if not re.fullmatch(r"[!#-+\--:<-\[\]-~]*", value):
        raise BadCookie(f"the value of {name} holds a character that is not allowed")
    return name, value
