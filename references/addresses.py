"""Which addresses of the internet are public.

Python's ``is_global`` is no guard: it calls NAT64 and, by version, 6to4, IPv4-compatible and multicast addresses
global. So IPv6 is public only inside the block that is given out to the public (2000::/3), and from both families
everything that IANA keeps for special purposes (RFC 6890 and its registries) is taken out.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

GIVEN_OUT = IPv6Network("2000::/3")
SPECIAL = [
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' shared space; metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host, as its guests see it
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # measuring
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
# An interface identifier of ISATAP carries any IPv4 address (RFC 5214): 0000:5efe or, globally unique, 0200:5efe.
ISATAP = {0x00005EFE, 0x02005EFE}


def is_public(text: str) -> bool:
    """Whether a numeric address is one that the public internet routes to somebody else's machine."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if any(address in block for block in SPECIAL if block.version == address.version):
        return False
    return isinstance(address, IPv4Address) or _is_given_out(address)


def _is_given_out(address: IPv6Address) -> bool:
    is_tunnel = (int(address) >> 32) & 0xFFFFFFFF in ISATAP
    return address in GIVEN_OUT and address.scope_id is None and not is_tunnel
