"""Check a proof file of GTSite with nothing but Python 3.11 or newer.

    python verify_proof.py PROOF.jsonl [--stamp OLDER] [--key HEX]

Recomputes every fingerprint, the Merkle tree (RFC 6962) and the signatures of the daily stamps (Ed25519, RFC 8032),
and names what does not fit. ``--stamp`` takes an earlier proof file, or a file with one line of it that holds a
daily stamp: nothing that was recorded before that stamp may have been cut or rewritten since. ``--key`` is the
publisher's public key as you know it from elsewhere. Exit code 0: everything fits; 1: something does not.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

FORMAT = "gtsite-proof-1"


# --- canonical JSON (RFC 8785; this record holds no floating-point numbers) -----------------------------------------


def canonical(value: Any) -> str:
    """The one spelling of a JSON value. Raises ``ValueError`` for floating-point numbers."""
    if isinstance(value, dict):
        parts = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(part)}" for name, part in parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise ValueError("a floating-point number")
    return json.dumps(value, ensure_ascii=False)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- Ed25519 (RFC 8032, 5.1), verification only ---------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point(encoded: bytes) -> Point:
    """Raises ``ValueError`` for bytes that are no point of the curve."""
    y, sign = int.from_bytes(encoded, "little") & (2**255 - 1), encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point(BASE_Y.to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        public, commitment = point(key), point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return s < ORDER and same(multiply(s, BASE), add(commitment, multiply(challenge, public)))


# --- the tree (RFC 6962, 2.1) ---------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The complete subtrees of the entries so far, largest first."""

    def __init__(self) -> None:
        self.size, self.edge = 0, list[bytes]()

    def append(self, leaf: bytes) -> None:
        self.edge.append(leaf)
        ones = self.size
        while ones & 1:
            right = self.edge.pop()
            self.edge[-1] = node_hash(self.edge[-1], right)
            ones >>= 1
        self.size += 1

    @property
    def root(self) -> str:
        if not self.edge:
            return hashlib.sha256(b"").hexdigest()
        result = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            result = node_hash(left, result)
        return result.hex()


# --- the file -------------------------------------------------------------------------------------------------------


class Proof:
    """One reading of a proof file. ``problems`` yields a sentence for everything that does not fit."""

    def __init__(self, older: list[dict[str, Any]], key: str):
        self.older, self.key = older, key
        self.tree = Tree()
        self.roots: dict[int, str] = {0: self.tree.root}
        self.claims: dict[tuple[str, str], str] = {}
        self.told: set[tuple[str, str]] = set()
        self.editions: list[dict[str, Any]] = []
        self.versions: set[tuple[int, str]] = set()
        self.approved: dict[int, str] = {}
        self.stamps = 0

    def problems(self, lines: Iterator[str]) -> Iterator[str]:
        for number, line in enumerate(lines, 1):
            try:
                part = json.loads(line)
                if number == 1 and part.get("format") != FORMAT:
                    raise ValueError(f"the first line does not say “{FORMAT}”")
                yield from self.part(part)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                yield f"line {number}: cannot be read ({error})."
        yield from self.end()

    def part(self, part: dict[str, Any]) -> Iterator[str]:
        if "entry" in part:
            yield from self.entry(part["entry"])
        elif "row" in part:
            yield from self.row(part["row"], part["key"], part["facts"])
        elif "stamp" in part:
            self.stamps += 1
            yield from self.stamp(part["stamp"], "")
        elif "head" in part:
            edge = [root.hex() for root in self.tree.edge]
            if (part["head"]["size"], part["head"]["edge"]) != (self.tree.size, edge):
                yield f"articles_ledgerhead: it counts {part['head']['size']} entries, or the tree differs."

    def entry(self, entry: dict[str, Any]) -> Iterator[str]:
        sequence, body = entry["sequence"], entry["body"]
        where = f"articles_ledgerentry {sequence}"
        if sequence != self.tree.size:
            yield f"articles_ledgerentry {self.tree.size}: this entry is missing; the next one is {sequence}."
        leaf = leaf_hash(body.encode())
        self.tree.append(leaf)
        self.roots[self.tree.size] = self.tree.root
        if leaf.hex() != entry["leaf_hash"]:
            yield f"{where}: the body is not what its hash says."
        told = json.loads(body)
        if any(told.get(name) != entry[name] for name in ("sequence", "kind", "at", "actor", "article")):
            yield f"{where}: the columns differ from the body."
        if canonical(told) != body:
            yield f"{where}: the body is not in canonical form."
        for row in told["rows"]:
            place = row["table"], row["key"]
            if place in self.claims:
                yield f"{place[0]} {place[1]}: entry {sequence} records this row a second time."
            self.claims[place] = row["digest"]

    def row(self, table: str, key: str, facts: dict[str, Any]) -> Iterator[str]:
        place = table, key
        if place not in self.claims:
            yield f"{table} {key}: no entry records this row."
        elif digest(canonical(facts)) != self.claims[place]:
            yield f"{table} {key}: the row is not as it was recorded."
        self.told.add(place)
        if table == "articles_edition":
            self.editions.append(facts)
        elif table == "reversion_version":
            self.versions.add((facts["revision_id"], digest(facts["serialized_data"])))
        elif table == "articles_transition":
            self.approved[facts["id"]] = facts["snapshot_digest"]

    def stamp(self, stamp: dict[str, Any], whose: str) -> Iterator[str]:
        where = f"articles_checkpoint{whose} over {stamp['size']} entries"
        if stamp["size"] > self.tree.size:
            yield f"{where}: there are only {self.tree.size}; the rest has been cut off."
        elif self.roots.get(stamp["size"]) != stamp["root"]:
            yield f"{where}: the entries up to it are not those that were stamped."
        signed = canonical({"at": stamp["at"], "root": stamp["root"], "size": stamp["size"]}).encode()
        if not is_signed(bytes.fromhex(stamp["key"]), signed, bytes.fromhex(stamp["signature"])):
            yield f"{where}: the signature does not fit."
        if self.key and stamp["key"] != self.key:
            yield f"{where}: it is signed with another key."

    def end(self) -> Iterator[str]:
        for table, key in self.claims.keys() - self.told:
            yield f"{table} {key}: an entry records this row; it is gone."
        for facts in self.editions:
            yield from self.edition(facts)
        for stamp in self.older:
            yield from self.stamp(stamp, " (the older one)")

    def edition(self, facts: dict[str, Any]) -> Iterator[str]:
        """A published version is a saved one, byte for byte, and the approved one."""
        where = f"articles_edition {facts['id']}"
        if (digest(facts["snapshot"]), digest(facts["context"])) != (facts["snapshot_digest"], facts["context_digest"]):
            yield f"{where}: its text is not what its fingerprint says."
        if (facts["revision_id"], digest(facts["snapshot"])) not in self.versions:
            yield f"{where}: it is not the saved version it was made from."
        approvals = [self.approved.get(key) for key in facts["approvals"]]
        if not facts["is_emergency"] and approvals != [facts["snapshot_digest"]]:
            yield f"{where}: what was approved is not what was published."


def stamps_in(path: str) -> list[dict[str, Any]]:
    """The daily stamps of an earlier proof file, or of a file with one such line."""
    with open(path, encoding="utf-8") as file:
        found = [json.loads(line) for line in file if '"stamp"' in line]
    return [part["stamp"] for part in found if "stamp" in part]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Check a proof file of GTSite.")
    parser.add_argument("proof")
    parser.add_argument("--stamp", metavar="OLDER", help="an earlier proof file, or one line of it with a stamp")
    parser.add_argument("--key", default="", help="the publisher's public key, in hexadecimal")
    options = parser.parse_args(arguments)
    proof = Proof(stamps_in(options.stamp) if options.stamp else [], options.key.lower())
    with open(options.proof, encoding="utf-8") as file:
        found = list(proof.problems(file))
    if found:
        sys.stdout.write("\n".join(found[:20]) + f"\nThis file does not fit in {len(found)} places.\n")
        return 1
    sys.stdout.write(f"Everything fits: {proof.tree.size} entries, {len(proof.told)} rows, {proof.stamps} stamps.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
