"""The proof file and its stand-alone verifier: whatever verify_ledger finds, an auditor finds without us (H4, T8)."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.db import connection, transaction

from articles import checkpoints, proof, protection
from articles.canonical import canonical
from articles.models import Checkpoint, Edition, LedgerEntry, LedgerHead, Review, Transition
from articles.verification import problems
from docs import verify_proof
from tests.people import NOW, reword

SCRIPT = Path(verify_proof.__file__)
RECORD = {"articles_ledgerentry", "articles_ledgerhead", "articles_checkpoint", *protection.tables()}


@pytest.fixture
def history(newsroom):
    article = newsroom.live()
    checkpoints.stamp(NOW)
    newsroom.edit(article, reword("b1", "It is given once, and only once – “so” they say: naïve."))
    newsroom.do(article, "submit", newsroom.alice, reason="Clearer")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    newsroom.do(article, "withdraw", newsroom.paul, words="We are checking this page.", reason="Wrong dose")
    checkpoints.stamp(NOW)
    return article


def written(path):
    call_command("export_ledger", output=str(path), verbosity=0)
    return path


def verdict(*arguments):
    return subprocess.run([sys.executable, "-I", SCRIPT, *map(str, arguments)], capture_output=True, text=True)


def found_in(lines, older=(), key=""):
    return list(verify_proof.Proof(list(older), key).problems(iter(lines)))


def stamps():
    return [part["stamp"] for part in proof._stamps()]


def test_a_whole_record_fits_and_the_script_needs_nothing_of_ours(history, tmp_path):
    path = written(tmp_path / "proof.jsonl")
    done = verdict(path, "--stamp", path, "--key", Checkpoint.objects.first().key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Everything fits: {LedgerEntry.objects.count()} entries")


def test_the_verifier_is_short_and_imports_the_standard_library_only():
    source = SCRIPT.read_text()
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) < 300


def test_a_changed_row_is_named_and_the_exit_code_is_1(history, tmp_path):
    protection.remove(connection)
    edition = Edition.objects.first()
    Edition.objects.filter(pk=edition.pk).update(change_note="Nothing to see")
    done = verdict(written(tmp_path / "proof.jsonl"))
    assert done.returncode == 1
    assert done.stdout.startswith(f"articles_edition {edition.pk}: the row is not as it was recorded.")


def damages():
    """Ways to damage the record behind our back."""
    entries = LedgerEntry.objects.order_by("sequence")
    middle, last = entries[5], entries.last()

    def swap():
        other = entries[6]
        LedgerEntry.objects.filter(pk=middle.pk).update(body=other.body, leaf_hash=other.leaf_hash)
        LedgerEntry.objects.filter(pk=other.pk).update(body=middle.body, leaf_hash=middle.leaf_hash)

    def double(model):
        row = model.objects.first()
        row.pk = None
        row.save()

    def respell(table="articles_edition", column="approvals"):
        if connection.vendor == "postgresql":  # one form of each value: another value, then
            Checkpoint.objects.update(root="0" * 64)
            return
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = {column} || ' '")

    return {
        "delete an entry": lambda: LedgerEntry.objects.filter(pk=middle.pk).delete(),
        "delete the last entry": lambda: LedgerEntry.objects.filter(pk=last.pk).delete(),
        "insert an entry": lambda: LedgerEntry.objects.create(
            sequence=last.pk + 1, kind="step", actor="x", at=NOW, body="{}", leaf_hash="0" * 64
        ),
        "renumber an entry": lambda: LedgerEntry.objects.filter(pk=middle.pk).update(sequence=last.pk + 2),
        "swap two entries": swap,
        "change an entry's actor": lambda: LedgerEntry.objects.filter(pk=middle.pk).update(actor="x"),
        "change an entry's body": lambda: LedgerEntry.objects.filter(pk=middle.pk).update(body=middle.body + " "),
        "change a row": lambda: Transition.objects.filter(pk=Transition.objects.first().pk).update(reason="x"),
        "spell a row's column otherwise": respell,
        "spell an entry's moment otherwise": lambda: respell("articles_ledgerentry", "at"),
        "spell a stamp's moment otherwise": lambda: respell("articles_checkpoint", "at"),
        "delete a row": lambda: Review.objects.filter(pk=Review.objects.first().pk).delete(),
        "insert a row": lambda: double(Review),
        "change a stamp": lambda: Checkpoint.objects.filter(size=stamps()[0]["size"]).update(root="0" * 64),
        "change a signature": lambda: Checkpoint.objects.update(signature="00" * 64),
        "change the head": lambda: LedgerHead.objects.update(size=3),
    }


def test_it_agrees_with_verify_ledger_on_every_damage(history):
    protection.remove(connection)
    for name, damage in damages().items():
        with transaction.atomic():
            damage()
            ours = [p for p in problems() if p.table in RECORD]
            theirs = found_in(proof.lines(NOW))
            assert ours and theirs, f"{name}: {ours} {theirs}"  # noqa: PT018 - both or neither
            transaction.set_rollback(True)
    assert found_in(proof.lines(NOW)) == []


def test_any_damaged_line_of_the_file_is_found(history):
    """Two hundred files with a line lost, doubled, moved or changed in one character."""
    whole, chance = list(proof.lines(NOW)), random.Random(6962)
    for _ in range(200):
        lines, place = list(whole), chance.randrange(1, len(whole))
        what = chance.choice(["lose", "double", "move", "change"])
        line = lines.pop(place)
        if what == "double":
            lines[place:place] = [line, line]
        if what == "move":
            other = chance.choice([n for n in range(1, len(whole) - 1) if abs(n - place) > 8])
            lines.insert(other, line)
        if what == "change":
            digits = [n for n, letter in enumerate(line) if letter.isdigit()]
            n = chance.choice(digits)
            lines.insert(place, line[:n] + str((int(line[n]) + 1) % 10) + line[n + 1 :])
        is_order_only = what == "move" and not line.startswith('{"entry"')
        assert found_in(lines, older=stamps()) or is_order_only or is_harmless(what, line), f"{what} {line[:200]}"


def is_harmless(what, line):
    """A daily stamp lost or told twice takes nothing from the record; the older copy has it."""
    return what in ("lose", "double") and line.startswith(('{"stamp"', '{"head"', '{"row"'))


def test_a_cut_or_rewritten_past_is_found_with_an_older_stamp(history):
    """Everything after k entries is cut off and the head made to fit, for every k; only the older stamp tells."""
    older = stamps()[-1:]
    whole = list(proof.lines(NOW))
    bodies = [n for n, line in enumerate(whole) if line.startswith('{"entry"')]
    for k in range(1, len(bodies)):
        cut = whole[: bodies[k]]
        assert found_in(cut) == [], "a cut file is whole in itself"
        assert any("cut off" in sentence for sentence in found_in(cut, older))


def test_a_record_written_anew_without_the_key_is_found(history):
    """Somebody changes an entry and makes everything after it fit, down to stamps signed with a key of their own."""
    forger, known = Ed25519PrivateKey.generate(), Checkpoint.objects.first().key
    parts = [json.loads(line) for line in proof.lines(NOW)]
    tree = verify_proof.Tree()
    roots = {}
    for part in parts:
        if "entry" in part:
            entry = part["entry"]
            body = json.loads(entry["body"]) | {"data": {"forged": True}}
            entry["body"] = canonical(body).decode()
            leaf = verify_proof.leaf_hash(entry["body"].encode())
            entry["leaf_hash"] = leaf.hex()
            tree.append(leaf)
            roots[tree.size] = tree.root
        if "stamp" in part:
            stamp = part["stamp"]
            stamp["root"] = roots[stamp["size"]]
            stamp["key"] = forger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
            signed = canonical({name: stamp[name] for name in ("at", "root", "size")})
            stamp["signature"] = forger.sign(signed).hex()
        if "head" in part:
            part["head"]["edge"] = [root.hex() for root in tree.edge]
    lines = [json.dumps(part) for part in parts]
    assert found_in(lines) == [], "in itself a forged record is whole"
    assert any("another key" in sentence for sentence in found_in(lines, key=known))
    assert any("not those that were stamped" in sentence for sentence in found_in(lines, older=stamps()))


def test_signatures_are_checked_as_the_library_checks_them():
    for n in range(20):
        key = Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)
        public, message = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), b"x" * n
        signature = key.sign(message)
        assert verify_proof.is_signed(public, message, signature)
        assert not verify_proof.is_signed(public, message + b".", signature)
        flipped = bytes([signature[n] ^ 1 if place == n else byte for place, byte in enumerate(signature)])
        assert not verify_proof.is_signed(public, message, flipped)


def test_canonical_json_is_ours():
    unsorted = {"€": 1, "\r": 2, "דּ": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
    for value in (unsorted, ['\x00\x1f\x7f"\\/\u2028', None, True]):
        assert verify_proof.canonical(value).encode() == canonical(value)
