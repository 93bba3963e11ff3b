"""The way out against hostile addresses and name servers: `python bench/campaign_addresses.py [ROUNDS]` (E1 to E4).

Every hostile address is typed, redirected to and told by a name server; then a name changes between a public and a
private address for so many rounds. Every connection of this process is recorded, and listeners on all addresses of
this machine count who comes.
"""

import itertools
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import django
from tqdm import tqdm

Where = tuple[str, int]


def main(rounds: int = 10_000) -> int:
    from tests.hostile_addresses import Listeners
    from tests.web import HERE, Web

    web, listeners, started = Web(), Listeners(), time.perf_counter()
    public = [(HERE, web.plain.server_port)]
    web.answers("http://www.example.org/", b"public")
    asked = {}
    with connections() as made:
        for name, campaign in (("typed", typed), ("redirected to", redirected), ("told by a name server", told)):
            asked[name] = campaign(web, listeners.port)
        asked["told by a name that changes its address"] = rebinding(web, listeners.port, rounds)
    listeners.close()
    web.close()
    wrong = sum(count for where, count in made.items() if where not in public) + listeners.accepted
    for name, outcomes in asked.items():
        print(f"{sum(outcomes.values()):>8,}  {name}: {', '.join(f'{c:,} {kind}' for kind, c in outcomes.items())}")
    print(f"{sum(made.values()):,} connections to the public server; {time.perf_counter() - started:.0f} s")
    print(f"{wrong} connections to anything else (goal: 0)")
    return 1 if wrong else 0


def typed(web: Any, port: int) -> Counter[str]:
    from references.addresses import is_public
    from tests.hostile_addresses import hostile_urls, numeric

    def resolve(host: str, _: int) -> list[Where]:
        return [(address, port) for address in numeric(host) or ["127.0.0.1"]]

    client = web.client(resolve=resolve, is_public=is_public, ports={80, 443, port})
    return Counter(outcome(client, url) for url in hostile_urls(port))


def redirected(web: Any, port: int) -> Counter[str]:
    from references.addresses import is_public
    from tests.hostile_addresses import hostile_answers, hostile_urls
    from tests.web import HERE

    answers = [answer for answer in hostile_answers() if HERE not in answer]
    table = {f"host{number}.example": [(one, port) for one in answer] for number, answer in enumerate(answers)}
    table |= {name: [("::1", port)] for name in ("localhost.localdomain", "metadata.google.internal")}
    client = web.client(
        resolve=lambda host, _: table.get(host) or [(HERE, web.plain.server_port)],
        is_public=lambda address: address == HERE or is_public(address),
        ports={80, port},
    )
    return Counter(
        outcome(client, "http://moved.example.org/", before=lambda t=target: moved(web, t))
        for target in [*hostile_urls(port), *(f"http://{name}/" for name in table)]
    )


def moved(web: Any, target: str) -> None:
    web.answers("http://moved.example.org/", status=302, Location=target.encode().decode("latin-1"))


def told(web: Any, port: int) -> Counter[str]:
    from references.addresses import is_public
    from tests.hostile_addresses import hostile_answers

    return Counter(
        outcome(
            web.client(resolve=lambda *_, a=answer: [(one, port) for one in a], is_public=is_public),
            f"http://host{number}.example/",
        )
        for number, answer in enumerate(hostile_answers())
    )


def rebinding(web: Any, port: int, rounds: int) -> Counter[str]:
    """Each time the name is asked for, the next of these answers: public, private, both in either order."""
    from tests.web import HERE

    public, private = (HERE, web.plain.server_port), ("0.0.0.0", port)
    turns = itertools.cycle([[public], [private], [public, private], [private, public], [("::1", port)]])
    client = web.client(resolve=lambda *_: next(turns))
    return Counter(outcome(client, "http://www.example.org/") for _ in tqdm(range(rounds), disable=None))


def outcome(client: Any, url: str, before: Callable[[], None] = lambda: None) -> str:
    from references.http import Asked, NotFetched

    before()
    try:
        return f"answered {client.get(Asked(url)).status}"
    except NotFetched as problem:
        return problem.kind


@contextmanager
def connections() -> Iterator[Counter[Where]]:
    """Counts every address that this process connects to."""
    made: Counter[Where] = Counter()
    connect = socket.socket.connect

    def recorded(self: socket.socket, address: Any) -> None:
        made[address[:2]] += 1
        connect(self, address)

    socket.socket.connect = recorded  # type: ignore[method-assign]
    try:
        yield made
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    django.setup()
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
