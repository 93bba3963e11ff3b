"""The Merkle tree of RFC 6962 (section 2.1) over SHA-256. Pure functions over bytes."""

import hashlib
from collections.abc import Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """MTH of one leaf: SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def add_leaf(edge: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The right edge of the tree after one more leaf hash.

    ``edge`` holds the roots of the complete subtrees of a tree of ``size`` leaves, largest first: one per binary
    one in ``size``. Adding a leaf merges as many of them as ``size`` ends in ones.
    """
    edge = [*edge, leaf]
    while size & 1:
        right = edge.pop()
        edge[-1] = node_hash(edge[-1], right)
        size >>= 1
    return edge


def root(edge: Sequence[bytes]) -> bytes:
    """The tree's root from its right edge; of the empty tree SHA-256 of nothing (RFC 6962, 2.1)."""
    if not edge:
        return hashlib.sha256(b"").digest()
    result = edge[-1]
    for left in reversed(edge[:-1]):
        result = node_hash(left, result)
    return result
