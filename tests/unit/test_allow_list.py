"""Where events may be sent: nothing that was not meant, however it is written."""

from ipaddress import ip_address

import pytest

from runtime.allow_list import AllowList, is_public
from schemas.web_address import parse_web_address

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.100.100.200", "100.64.0.1", "0.0.0.0", "255.255.255.255"),  # noqa: S104
    *("192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "168.63.129.16", "192.88.99.1"),
    *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::"),
    *("2001:db8::1", "5f00::1", "100::1"),
]
OUTSIDE = ["8.8.8.8", "103.10.66.1", "2606:4700::1", "2404:8000::1", "::ffff:8.8.8.8"]
# Ways to write 127.0.0.1 that some resolver understands, and other traps.
DISGUISED = [
    *("https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"),
    *("https://0x7f.0.0.1/", "https://127.0.0.01/", "https://1/", "https://127.0.0.1.0x/"),
    *("https://hooks.example.go.id@127.0.0.1/", "https://127.0.0.1#hooks.example.go.id/"),
    *("https://hooks.example.go.id\\@127.0.0.1/", "https://hooks.example.go.id:99999/"),
    *("https:///in", "https://", "//hooks.example.go.id/", "ftp://hooks.example.go.id/"),
    *("file:///etc/passwd", "https://[::1%25eth0]/", "https://hooks..go.id/", "https://-a.go.id/"),
    *(
        "https://hooks.example.go.id/\r\nHost: other",
        "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
        "gopher://a.go.id/",
    ),
]


class TestAddresses:
    @pytest.mark.parametrize("address", INSIDE)
    def test_of_no_machine_of_the_public_internet_are_not_reached(self, address):
        assert not is_public(ip_address(address))
        assert not AllowList.parse("hooks.example.go.id").reaches(ip_address(address))

    @pytest.mark.parametrize("address", OUTSIDE)
    def test_of_the_public_internet_are(self, address):
        assert is_public(ip_address(address))

    def test_inside_are_reached_where_an_entry_names_them_or_their_network(self):
        allowed = AllowList.parse("hooks.example.go.id, 10.20.0.0/16, fd00::/8, 192.168.1.7")
        for address in ("10.20.255.1", "fd00::7", "192.168.1.7", "::ffff:10.20.0.1"):
            assert allowed.reaches(ip_address(address)), address
        for address in ("10.21.0.1", "192.168.1.8", "127.0.0.1", "::ffff:10.21.0.1"):
            assert not allowed.reaches(ip_address(address)), address


class TestHosts:
    @pytest.mark.parametrize("url", DISGUISED)
    def test_that_need_guessing_are_no_addresses(self, url):
        with pytest.raises(ValueError, match=r"\w"):
            parse_web_address(url)

    @pytest.mark.parametrize(
        ("entries", "url", "is_allowed"),
        [
            ("hooks.go.id", "https://hooks.go.id/in", True),
            ("hooks.go.id", "https://HOOKS.go.id:443/in?a=b", True),
            ("hooks.go.id", "https://other.go.id/in", False),
            ("hooks.go.id", "https://hooks.go.id.evil.example/in", False),
            ("hooks.go.id", "https://xhooks.go.id/in", False),
            ("hooks.go.id", "https://a.hooks.go.id/in", False),
            ("hooks.go.id", "https://hooks.go.id:8443/in", False),
            ("hooks.go.id", "http://hooks.go.id/in", False),
            ("hooks.go.id", "http://hooks.go.id:443/in", False),
            ("hooks.go.id:8443", "https://hooks.go.id:8443/in", True),
            ("hooks.go.id:8443", "https://hooks.go.id/in", False),
            ("http://hooks.go.id:8080", "http://hooks.go.id:8080/in", True),
            ("http://hooks.go.id", "https://hooks.go.id/in", True),
            ("*.go.id", "https://hooks.go.id/", True),
            ("*.go.id", "https://go.id/", False),
            ("*.go.id", "https://go.id.evil.example/", False),
            ("", "https://hooks.go.id/", False),
            ("10.1.2.3", "https://10.1.2.3/in", True),
            ("10.0.0.0/8", "https://10.1.2.3/in", True),
            ("10.0.0.0/8", "http://10.1.2.3/in", False),
            ("10.0.0.0/8", "https://10.1.2.3:22/in", False),
            ("hooks.go.id", "https://8.8.8.8/", False),
            ("[fd00::1]:8443, fd00::/8", "https://[fd00::1]:8443/", True),
        ],
    )
    def test_are_asked_by_the_scheme_and_port_of_their_entry_alone(self, entries, url, is_allowed):
        assert AllowList.parse(entries).allows(parse_web_address(url)) is is_allowed

    @pytest.mark.parametrize(
        "entries", ["a.go.id,10.0.0.1/8", "https://a/b", "ftp://a", "a b", "2130706433", "a:x"]
    )
    def test_an_entry_that_cannot_be_read_is_named_by_its_place(self, entries):
        place = len(entries.split(","))
        with pytest.raises(ValueError, match=f"entry {place} is neither"):
            AllowList.parse(entries)
