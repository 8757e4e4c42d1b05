"""Which hosts and addresses events may be sent to: the setting ``SIKLUS_WEBHOOK_HOSTS``.

Entries are separated by commas:

* ``hooks.example.go.id``: this host, by https, at the usual port; ``*.example.go.id``: any below it;
* ``hooks.example.go.id:8443``: at another port; ``http://hooks.example.go.id``: by http as well;
* ``10.20.0.0/16``, ``10.20.1.7``: addresses that are not of the public Internet, and yet allowed.

A host stands for its addresses in the public Internet alone, unless an entry names the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

from schemas.web_address import PORTS, IpAddress, WebAddress, parse_host

# Inside what counts as public, and yet no place for an event: a cloud's own service for its
# machines (Azure), protocol assignments (a cloud's metadata among them), and relays.
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16")
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def unmapped(address: IpAddress) -> IpAddress:
    """The address itself; that of IPv4 where it is written as one of IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def is_public(address: IpAddress) -> bool:
    """Whether an address is a machine's in the public Internet.

    Not loopback, private, shared, link-local (where clouds have their metadata), multicast,
    reserved or for documentation; nor one of IPv6 that a gateway would turn into one of IPv4.
    """
    plain = unmapped(address)
    if isinstance(plain, IPv6Address) and plain not in _GLOBAL_UNICAST:
        return False
    if any(plain in net for net in _NOT_PUBLIC if net.version == plain.version):
        return False
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


@dataclass(frozen=True, slots=True)
class _Host:
    name: str
    port: int | None
    is_http: bool

    def allows(self, where: WebAddress) -> bool:
        if where.scheme == "http" and not self.is_http:
            return False
        usual = PORTS[where.scheme]
        if where.port != (usual if self.port is None else self.port):
            return False
        if self.name.startswith("*."):
            return where.host.endswith(self.name[1:]) and where.ip is None
        return where.host == self.name


@dataclass(frozen=True, slots=True)
class AllowList:
    """The entries, read."""

    hosts: Sequence[_Host] = ()
    networks: Sequence[IPv4Network | IPv6Network] = ()

    @classmethod
    def parse(cls, text: str) -> "AllowList":
        """Read the setting; an empty one allows nothing.

        Raises:
            ValueError: naming the place of an entry that cannot be read.
        """
        hosts, networks = [], []
        entries = [each.strip() for each in text.split(",") if each.strip()]
        for place, entry in enumerate(entries, start=1):
            try:
                networks.append(ip_network(entry))
                continue
            except ValueError:
                pass
            try:
                hosts.append(_host(entry))
            except ValueError as error:
                raise ValueError(f"entry {place} is neither a host nor a network") from error
        return cls(tuple(hosts), tuple(networks))

    @property
    def is_empty(self) -> bool:
        """Nothing may be sent anywhere."""
        return not self.hosts and not self.networks

    def allows(self, where: WebAddress) -> bool:
        """Whether a host may be asked at all; an address of its own is one by its network, too."""
        if any(host.allows(where) for host in self.hosts):
            return True
        is_usual = where.scheme == "https" and where.port == PORTS["https"]
        return where.ip is not None and is_usual and self._names(where.ip)

    def reaches(self, address: IpAddress) -> bool:
        """Whether an address that a host resolved to may be connected to."""
        return is_public(address) or self._names(address)

    def _names(self, address: IpAddress) -> bool:
        plain = unmapped(address)
        return any(
            each in net
            for each in {address, plain}
            for net in self.networks
            if net.version == each.version
        )


def _host(entry: str) -> _Host:
    scheme, sign, rest = entry.rpartition("://")
    if sign and scheme not in PORTS:
        raise ValueError("neither http nor https")
    name, port = _split_port(rest)
    wild = name.startswith("*.")
    host = parse_host(name.removeprefix("*.") if wild else name)
    return _Host(f"*.{host}" if wild else host, port, scheme == "http")


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, int(rest[1:]) if rest.startswith(":") else None
    name, sign, port = text.partition(":")
    return name, int(port) if sign else None
