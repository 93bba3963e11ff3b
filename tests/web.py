"""A small internet on this machine: any host name, over http and https, answered from a table."""

from __future__ import annotations

import datetime
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from references import http

HERE = "127.0.0.1"


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A question that reached us."""

    url: str
    headers: dict[str, str]


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Web:
    """`web.answers(url, body)` says what an address answers; `web.seen` are the questions, in order."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="gtsite-web-")
        self.authority = _Authority(Path(self.folder.name))
        self.plain, self.secure = _Server(self, "http"), _Server(self, "https")
        self.secure.socket = self.authority.context().wrap_socket(
            self.secure.socket, server_side=True, do_handshake_on_connect=False
        )
        for server in (self.plain, self.secure):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.forget()

    def forget(self) -> None:
        self.replies: dict[str, Reply | Callable[[Seen], Reply]] = {}
        self.seen: list[Seen] = []
        self.clock = Clock()

    def close(self) -> None:
        for server in (self.plain, self.secure):
            server.shutdown()
            server.server_close()
        self.folder.cleanup()

    def answers(self, url: str, body: Any = b"", *, status: int = 200, **headers: str) -> None:
        """`body` may be text, bytes or a function of the question that returns a `Reply`."""
        if not callable(body):
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            body = Reply(body.encode() if isinstance(body, str) else body, status, told)
        self.replies[url] = body

    def reply(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        reply = self.replies.get(seen.url) or self.replies.get(seen.url.partition("?")[0]) or Reply(b"", 404)
        return reply(seen) if callable(reply) else reply

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        """Every name leads to this machine."""
        return [(HERE, (self.secure if port == 443 else self.plain).server_port)]

    def client(self, **changes: Any) -> http.Client:
        """A client for which this machine, and nothing else, is the public internet; its time is `web.clock`."""
        options = {
            "resolve": self.resolve,
            "is_public": lambda address: address == HERE,
            "context": ssl.create_default_context(cafile=str(self.authority.file)),
            "clock": self.clock,
            "sleep": self.clock.sleep,
        }
        return http.Client("GTSite (+https://www.example.org; mailto:editors@example.org)", **{**options, **changes})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, web: Web, scheme: str) -> None:
        self.web, self.scheme = web, scheme
        super().__init__((HERE, 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up or distrust us are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = f"{self.server.scheme}://{self.headers['Host']}{self.path}"
        reply = self.server.web.reply(Seen(url, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: Any) -> None:
        """Quietly."""


class _Authority:
    """Signs a certificate for whatever name a client asks for, except names that start with `untrusted.`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "authority.pem"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("A small internet")
        certificate = self._signed("A small internet", self.key, is_authority=True)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.known: dict[str, ssl.SSLContext] = {}

    def context(self) -> ssl.SSLContext:
        context = self._context_for("nameless.example")
        context.sni_callback = self._take_the_name
        return context

    def _take_the_name(self, socket: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        asked = "someone.else.example" if not name or name.startswith("untrusted.") else name
        if asked not in self.known:
            self.known[asked] = self._context_for(asked)
        socket.context = self.known[asked]

    def _context_for(self, host: str) -> ssl.SSLContext:
        chain = self.folder / f"{host}.pem"
        pem = serialization.Encoding.PEM
        key = self.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        chain.write_bytes(self._signed(host, self.key).public_bytes(pem) + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _signed(self, host: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False) -> x509.Certificate:
        today = datetime.datetime.now(datetime.UTC)
        others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(host))
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=1))
            .not_valid_after(today + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host.replace(" ", "-"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority, **usage),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
