"""URLs: splitting, writing, joining, percent-encoding and query strings.

Internationalised host names and addresses in brackets are not covered.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": 80, "https": 443, "ftp": 21}


class UrlError(ValueError):
    """A URL or a part of one is malformed."""


@dataclass(frozen=True)
class Url:
    """The parts of a URL; absent parts are empty, an absent port is None."""

    scheme: str = ""
    user: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str = ""
    fragment: str = ""

    def text(self) -> str:
        """Write the URL, leaving out the usual port of its scheme."""
        return _written(self)

    def origin(self) -> str:
        """Return scheme, host and port, the usual one included; raises UrlError when there is no host."""
        port = self.port if self.port is not None else _PORTS.get(self.scheme)
        if not self.host or not self.scheme:
            raise UrlError("a URL without scheme or host has no origin")
        return f"{self.scheme}://{self.host}" + ("" if port is None else f":{port}")

    def join(self, reference: str) -> "Url":
        """Resolve a reference as a browser does for a link on the page at this URL."""
        other = _split(reference)
        if other.scheme:
            return other
        if other.host:
            return _with(other, scheme=self.scheme)
        path, query = _normal(other.path), other.query
        if not other.path:
            path, query = self.path, other.query or self.query
        elif not other.path.startswith("/"):
            path = _normal(self.path.rpartition("/")[0] + "/" + other.path)
        return _with(self, path=path, query=query, fragment=other.fragment)


def parse_url(text: str) -> Url:
    """Split a URL into its parts, scheme and host in lower case; raises UrlError."""
    return _split(text)


def encode(text: str, keep: str = "") -> str:
    """Percent-encode everything but letters, digits, the signs - . _ ~ and those to be kept."""
    return _encoded(text, keep)


def decode(text: str) -> str:
    """Replace percent-encoded bytes by the characters they stand for in UTF-8; raises UrlError."""
    return _decoded(text)


def parse_query(text: str) -> list[tuple[str, str]]:
    """Read the pairs of a query string in order; a plus sign is a blank, a name without value has an empty one."""
    pairs = []
    for part in text.removeprefix("?").split("&"):
        if part:
            name, _, value = part.replace("+", " ").partition("=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def build_query(pairs: Mapping[str, str | list[str]] | Iterable[tuple[str, str]]) -> str:
    """Write a query string from pairs, or from a mapping whose lists stand for repeated names."""
    if isinstance(pairs, Mapping):
        items = [
            (name, item) for name, value in pairs.items() for item in (value if isinstance(value, list) else [value])
        ]
    else:
        items = list(pairs)
    return "&".join(f"{_form(name)}={_form(value)}" for name, value in items)


def update_query(text: str, changes: Mapping[str, str | None]) -> str:
    """Set values in a query string: known names keep their place, new ones are appended, None removes a name."""
    pending = dict(changes)
    parts = []
    for part in text.split("&"):
        name = _decoded(part.partition("=")[0].replace("+", " "))
        if name not in changes:
            parts += [part] if part else []
        elif pending.get(name) is not None:
            parts.append(f"{_form(name)}={_form(pending.pop(name))}")
    parts += [f"{_form(name)}={_form(value)}" for name, value in pending.items() if value is not None]
    return "&".join(parts)


def normalize_path(path: str) -> str:
    """Resolve the steps . and .. of a path and merge repeated slashes; a slash at the end stays."""
    return _normal(path)


def _split(text: str) -> Url:
    if re.search(r"[\s\x00-\x1f]", text):
        raise UrlError(f"blank or control character in {text!r}")
    scheme, authority, path, query, fragment = _URL.fullmatch(text).groups()
    if authority is None:
        return Url((scheme or "").lower(), "", "", None, path, query or "", fragment or "")
    user, _, place = authority.rpartition("@")
    host, colon, port = place.partition(":")
    if not host or (colon and port and not re.fullmatch(r"[0-9]+", port)) or int(port or 0) > 65535:
        raise UrlError(f"malformed host or port in {text!r}")
    number = int(port) if port else None
    return Url((scheme or "").lower(), user, host.lower(), number, path, query or "", fragment or "")


def _with(url: Url, **parts: object) -> Url:
    return Url(**{**{name: getattr(url, name) for name in Url.__dataclass_fields__}, **parts})


def _written(url: Url) -> str:
    text = f"{url.scheme}:" if url.scheme else ""
    if url.host:
        text += "//" + (f"{url.user}@" if url.user else "") + url.host
        if url.port is not None and url.port != _PORTS.get(url.scheme):
            text += f":{url.port}"
        if url.path and not url.path.startswith("/"):
            text += "/"
    text += url.path
    text += f"?{url.query}" if url.query else ""
    return text + (f"#{url.fragment}" if url.fragment else "")


def _encoded(text: str, keep: str) -> str:
    safe = _SAFE | set(keep)
    return "".join(char if char in safe else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)


def _decoded(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise UrlError(f"malformed percent sign in {text!r}")
    try:
        return re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda match: bytes.fromhex(match[0].replace("%", "")).decode(), text)
    except UnicodeDecodeError:
        raise UrlError(f"encoded bytes in {text!r} are not UTF-8") from None


def _form(text: str) -> str:
    return _encoded(text, " ").replace(" ", "+")


def _normal(path: str) -> str:
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    start = "/" if path.startswith("/") else ""
    end = "/" if steps and path.endswith(("/", "/.", "/..")) else ""
    return start + "/".join(steps) + end
