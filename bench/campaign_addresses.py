"""The way out against hostile addresses and name servers: `python bench/campaign_addresses.py [ROUNDS]` (E1 to E4).

Every hostile address is typed, redirected to and told by a name server; then a name changes between a public and a
private address for so many rounds. Every connection of this process is recorded, and listeners on all addresses of
this machine count who comes.

Where the system lets us make a network of our own (`unshare`), the same is done once more with nothing replaced: the
client as it runs in production and the system's resolver, in a network where 8.8.4.4 is a web server and the private
addresses listen on ports 80 and 443.
"""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    return 1 if wrong or not in_a_network_of_its_own() else 0


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


PUBLIC = "8.8.4.4"
LISTENING = ["127.0.0.1", "127.0.0.53", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1"]
NAMES = {
    "www.example.org": [PUBLIC],
    **{f"private{number}.example.org": [address] for number, address in enumerate(LISTENING)},
    **{f"mixed{number}.example.org": [PUBLIC, address] for number, address in enumerate(LISTENING)},
    **{f"mapped{number}.example.org": [f"::ffff:{address}"] for number, address in enumerate(LISTENING)},
}
NETWORK = """
set -e
mount --bind "$1" /etc/hosts
ip link set lo up
for address in $2; do ip address add "$address/32" dev lo 2>/dev/null || true; done
shift 2
exec "$@"
"""


def in_a_network_of_its_own() -> bool:
    """Runs `untouched` in a private network; true when nothing was reached that should not be, or none can be made."""
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.writelines(f"{address} {name}\n" for name, addresses in NAMES.items() for address in addresses)
        hosts.flush()
        network = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c", NETWORK, "sh"]
        command = [*network, hosts.name, " ".join([PUBLIC, *LISTENING]), sys.executable, __file__, "untouched"]
        if not shutil.which("unshare") or subprocess.run([*network[:-4], "true"], capture_output=True).returncode:
            print("A network of our own: not possible on this system, left out.")
            return True
        return subprocess.run(command, check=False).returncode == 0


def untouched() -> int:
    """The production client, unchanged, against servers at a public and at private addresses."""
    from references.http import Client
    from tests.hostile_addresses import hostile_urls

    client = Client(
        "GTSite (campaign)", sleep=lambda seconds: None, clock=itertools.count(step=1.5).__next__, seconds=1e9
    )
    redirects = {"to": ""}
    servers = [serve(address, port, redirects) for address in [PUBLIC, *LISTENING, "::1"] for port in (80, 443)]
    targets = [url for port in (80, 443) for url in hostile_urls(port)]
    targets += [f"{scheme}://{name}/" for name in NAMES if name != "www.example.org" for scheme in ("http", "https")]
    outcomes = Counter(outcome(client, url) for url in targets)
    moved = Counter(
        outcome(client, "http://www.example.org/", before=lambda t=target: redirects.update(to=t)) for target in targets
    )
    redirects["to"] = ""
    answered = outcome(client, "http://www.example.org/")
    reached = sum(len(server.visits) for server in servers if server.server_address[0] != PUBLIC)
    print(f"{len(targets):>8,}  typed in a network of their own: {dict(outcomes)}")
    print(f"{len(targets):>8,}  redirected to there: {dict(moved)}; the public server: {answered}")
    print(f"{reached} connections to private addresses there (goal: 0)")
    return 1 if reached or answered != "answered 200" else 0


def serve(address: str, port: int, redirects: dict[str, str]) -> Any:
    """A web server that notes each connection, and answers with a redirect when there is one to give."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if redirects["to"] else 200)
            if redirects["to"]:
                self.send_header("Location", redirects["to"].encode().decode("latin-1"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        visits: list[Any] = []

        def verify_request(self, request: Any, client_address: Any) -> bool:
            self.visits.append(client_address)
            return True

    server = Server((address, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


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
    if sys.argv[1:] == ["untouched"]:
        sys.exit(untouched())
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
