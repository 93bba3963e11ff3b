"""The daily stamp: a signed statement of how many entries the record has and of the tree's root over them.

Signed with an Ed25519 key that lives in a file the database cannot reach. A stamp copied elsewhere proves later that
the record before it was not cut or rewritten.
"""

import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import transaction

from . import ledger, merkle
from .canonical import canonical
from .models import Checkpoint, LedgerHead

EVERY = datetime.timedelta(days=1)


def signed_bytes(stamp: Checkpoint) -> bytes:
    """What the signature is over: canonical JSON of moment, root and size."""
    return canonical({"at": ledger.moment(stamp.at), "root": stamp.root, "size": stamp.size})


def signing_key() -> Ed25519PrivateKey:
    """The publisher's key, made at its first use; readable by its owner only.

    Raises ``ValueError`` where the file holds something else.
    """
    path = Path(settings.LEDGER_KEY_FILE)
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key.")
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def stamp_if_due(now: datetime.datetime) -> Checkpoint | None:
    """Stamp the record once a day, if it has grown since."""
    last = Checkpoint.objects.order_by("-size").first()
    if last and now - last.at < EVERY:
        return None
    return stamp(now)


@transaction.atomic
def stamp(now: datetime.datetime) -> Checkpoint | None:
    """Sign the record as it stands; nothing to do while it has not grown since the last stamp."""
    head = LedgerHead.objects.select_for_update().first()
    if head is None or Checkpoint.objects.filter(size=head.size).exists():
        return None
    key = signing_key()
    root = merkle.root([bytes.fromhex(part) for part in head.edge])
    row = Checkpoint(size=head.size, root=root.hex(), at=now)
    row.key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    row.signature = key.sign(signed_bytes(row)).hex()
    row.save()
    return row
