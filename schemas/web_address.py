"""Web addresses that events may be sent to, in one form: what is written is where it goes."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

IpAddress = IPv4Address | IPv6Address
PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where something is sent: ``host`` is a name in lower case, or an address as it is usually written."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def ip(self) -> IpAddress | None:
        """The host, if it is an address and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Host and port as a request's Host field has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse_web_address(text: str) -> WebAddress:
    """Read an address that needs no guessing.

    Addresses in decimal, octal or shortened form are no names and no addresses here: a resolver
    would take ``2130706433`` and ``0177.1`` for 127.0.0.1.

    Raises:
        ValueError: for another scheme than http and https, a user name, a fragment, characters
            outside ASCII, a port that is none, or a host that is neither a name nor an address.
    """
    if not _VISIBLE.fullmatch(text) or "\\" in text:
        raise ValueError("it holds a blank or another character that does not belong there")
    parts = urlsplit(text)
    if parts.scheme not in PORTS:
        raise ValueError("it begins with https://")
    if "@" in parts.netloc or "#" in text:
        raise ValueError("it holds no user name and no fragment")
    port = parts.port if parts.port is not None else PORTS[parts.scheme]
    if not 0 < port < 65536:
        raise ValueError("it has no such port")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(parts.scheme, parse_host(parts.hostname or ""), port, target)


def parse_host(text: str) -> str:
    """A host in its one form.

    Raises:
        ValueError: if it is neither a name nor an address.
    """
    try:
        found = ip_address(text)
    except ValueError:
        found = None
    if found is not None:
        if isinstance(found, IPv6Address) and found.scope_id is not None:
            raise ValueError("an address without a zone")
        return str(found)
    name = text.lower()
    labels = name.split(".")
    # A last label that is a number (0x7f is one, too) would be read as an address.
    is_number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is not None
    if len(name) > 253 or is_number or not all(_LABEL.fullmatch(each) for each in labels):
        raise ValueError("a host is a name or an address")
    return name
