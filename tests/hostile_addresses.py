"""Addresses that must never be reached, in every dress that some parser or resolver takes off again."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.0.0.53",
    "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.254", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PRIVATE_6 = [
    "::", "::1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1",
    "fe80::1%lo", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789.", "⓪①②③④⑤⑥⑦⑧⑨。")


def in_ipv6(address: str) -> Iterator[str]:
    """The ways in which an IPv6 address carries an IPv4 address."""
    number = int(IPv4Address(address))
    teredo = (0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF)
    for carried in (
        (0xFFFF << 32) | number,  # mapped
        number,  # compatible
        (0xFFFF << 48) | number,  # translated (SIIT)
        (0x64FF9B << 96) | number,  # NAT64
        (0x64FF9B0001 << 80) | number,  # NAT64, local use
        (0x2002 << 112) | (number << 80) | 1,  # 6to4
        teredo,
        (0x2A00145040010000 << 64) | (0x00005EFE << 32) | number,  # ISATAP in a public network
        (0x2A00145040010000 << 64) | (0x02005EFE << 32) | number,
        (0xFE80 << 112) | (0x00005EFE << 32) | number,
    ):
        yield str(IPv6Address(carried))


def in_digits(address: str) -> Iterator[str]:
    """The ways in which C libraries read an IPv4 address."""
    number, parts = int(IPv4Address(address)), [int(part) for part in address.split(".")]
    yield from (address, str(number), hex(number), f"0{number:o}")
    yield ".".join(map(hex, parts))
    yield ".".join(f"0{part:o}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    yield f"{hex(parts[0])}.{parts[1]}.{number & 0xFFFF}"


def hostile_urls(port: int) -> Iterator[str]:
    """About nine hundred addresses to type or to be redirected to."""
    for address in PRIVATE:
        for host in in_digits(address):
            yield f"http://{host}:{port}/"
        for host in in_ipv6(address):
            yield f"http://[{host}]:{port}/"
        yield f"https://{address}:{port}/"
        yield f"http://{address}.:{port}/"
        yield f"http://{address.translate(WIDE)}:{port}/"
        yield f"http://{address.translate(CIRCLED)}:{port}/"
        yield f"http://www.example.org@{address}:{port}/"
        yield f"http://www.example.org:80@{address}:{port}/"
        yield f"http://{address}:{port}#@www.example.org/"
        yield f"http://{address}:{port}\\@www.example.org/"
        yield f"http:\\\\{address}:{port}\\"
        yield f"http://{address}%00:{port}/"
        yield f"http://%{ord(address[0]):x}{address[1:]}:{port}/"
        yield f"//{address}:{port}/"
        yield f"gopher://{address}:{port}/_GET"
    for address in PRIVATE_6:
        yield f"http://[{address}]:{port}/"
        yield f"http://[{address.replace('%', '%25')}]:{port}/"
    for host in ("localhost", "LOCALHOST.", "localhost.localdomain", "ip6-localhost", "metadata.google.internal"):
        yield f"http://{host}:{port}/"
    yield from ("file:///etc/passwd", "ftp://www.example.org/", "dict://www.example.org:11211/", "data:,x")


def hostile_answers() -> Iterator[list[str]]:
    """What a hostile name server may say, alone or beside a public address."""
    alone = [dress for address in PRIVATE for dress in (address, *in_ipv6(address))] + PRIVATE_6
    for address in alone:
        yield [address]
    for address in random.Random(4).sample(alone, 60):
        yield ["93.184.216.34", address]
        yield [address, "93.184.216.34"]


def numeric(host: str) -> list[str]:
    """What the system's own resolver makes of a host that is a number in disguise; it asks nobody."""
    try:
        found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


class Listeners:
    """Sockets on every address of this machine that count who comes."""

    def __init__(self) -> None:
        self.accepted = 0
        self.sockets = [socket.create_server(("0.0.0.0", 0))]
        self.port = self.sockets[0].getsockname()[1]
        if socket.has_dualstack_ipv6():
            self.sockets.append(socket.create_server(("::", self.port), family=socket.AF_INET6))
        for listener in self.sockets:
            threading.Thread(target=self._count, args=[listener], daemon=True).start()

    def _count(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.close()

    def close(self) -> None:
        for listener in self.sockets:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
