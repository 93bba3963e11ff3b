"""Runs of text that become HTML and plain text: what is italic, lowered, raised or a link, and where stops go."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from references.identifiers import IdentifierError, normalise_url


@dataclass(frozen=True)
class Formatted:
    """One reference, ready to show."""

    html: SafeString
    text: str


class Piece(NamedTuple):
    """A run of text; perhaps lowered or raised, italic or a link. After a ``last_word`` there is no full stop."""

    text: str
    tag: str = ""
    href: str = ""
    is_italic: bool = False
    is_last_word: bool = False


Sentence = list[Piece]

STOPPED = re.compile(r"[.?!][”\"’']?$")
CLOSING_QUOTE = re.compile(r"[”\"]$")
MARKUP = re.compile(r"(</?(?:i|sub|sup)>)")
ABBREVIATION = re.compile(r"(?:\b[^\W\d_]\.){2,}$")
RAISED = str.maketrans("0123456789+-−()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾")
# Text that runs from right to left, with the figures and signs inside it.
RIGHT_TO_LEFT = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+(?:[\W\d_]+[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)*"
)
# Marks that would turn the direction of what follows, whoever wrote it.
DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LOWERED = str.maketrans("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎")


def joined(sentences: Iterable[Sentence]) -> Formatted:
    """The sentences that say something, each closed, one space apart."""
    pieces: Sentence = []
    for sentence in sentences:
        if plain(sentence):
            pieces += [Piece(" "), *_closed(sentence)] if pieces else _closed(sentence)
    if DIRECTIONS.search(plain(pieces)):
        pieces = [piece._replace(text=DIRECTIONS.sub("", piece.text)) for piece in pieces]
    return Formatted(html=_html(pieces), text=plain(pieces))


def text(written: str) -> Sentence:
    return [Piece(written)] if written else []


def with_commas(*parts: Sentence, mark: str = ", ") -> Sentence:
    """The parts that are there, with a mark between them."""
    made: Sentence = []
    for part in parts:
        if part:
            made += [Piece(mark), *part] if made else part
    return made


def bracketed(sentence: Sentence, opening: str = "(", closing: str = ")") -> Sentence:
    return [Piece(opening), *sentence, Piece(closing)] if sentence else []


def italic(sentence: Sentence) -> Sentence:
    """Italic; what was italic already stands out by being upright."""
    return [piece._replace(is_italic=not piece.is_italic) for piece in sentence]


def marked(written: str) -> Sentence:
    """Italic, lowered and raised parts of a title; a tag left open is text like any other."""
    if "<" not in written:
        return text(written)
    tokens = [token for token in MARKUP.split(written) if token]
    if not _is_balanced(tokens):
        return text(written)
    pieces, tag = [], ""
    for token in tokens:
        if MARKUP.fullmatch(token):
            tag = "" if token.startswith("</") else token.strip("<>")
        else:
            pieces.append(Piece(token, is_italic=True) if tag == "i" else Piece(token, tag))
    return pieces


def without_stop(sentence: Sentence) -> Sentence:
    """A title's own full stop goes; an ellipsis, a question mark or the stop of "U.S." stays."""
    if not sentence:
        return []
    last = sentence[-1]
    bare = last.text.rstrip()
    if bare.endswith(".") and not bare.endswith("..") and not ABBREVIATION.search(bare[-20:]):
        bare = bare[:-1]
    return [*sentence[:-1], last._replace(text=bare)]


def address(url: str) -> Piece:
    """A link to a public address, without a full stop after it: readers copy it. Anything else is text only."""
    try:
        return Piece(url, href=normalise_url(url), is_last_word=True)
    except IdentifierError:
        return Piece(url, is_last_word=True)


def plain(sentence: Sentence) -> str:
    return "".join(_plain_piece(piece) for piece in sentence)


def _closed(sentence: Sentence) -> Sentence:
    """With a full stop, inside closing quotation marks as American usage has it, unless it has one."""
    last = sentence[-1]
    ending = plain(sentence[-2:])[-2:]
    if last.is_last_word or STOPPED.search(ending):
        return sentence
    if CLOSING_QUOTE.search(last.text) and len(ending) > 1:
        return [*sentence[:-1], last._replace(text=f"{last.text[:-1]}.{last.text[-1]}")]
    return [*sentence, Piece(".")]


def _is_balanced(tokens: list[str]) -> bool:
    """Tags come in pairs, not one inside another."""
    tags = [token for token in tokens if MARKUP.fullmatch(token)]
    pairs = zip(tags[::2], tags[1::2], strict=False)
    return len(tags) % 2 == 0 and all(closing == opening.replace("<", "</") for opening, closing in pairs)


def _plain_piece(piece: Piece) -> str:
    """Raised figures stay raised without markup where characters exist for it: 10⁵ must not read as 105."""
    table = {"sup": RAISED, "sub": LOWERED}.get(piece.tag)
    return piece.text.translate(table) if table else piece.text


def _html(pieces: Sentence) -> SafeString:
    """Every text and address is escaped here, and nowhere else."""
    runs = groupby(pieces, key=lambda piece: piece.is_italic)
    return mark_safe("".join(_run(is_italic, "".join(map(_html_piece, run))) for is_italic, run in runs))


def _run(is_italic: bool, inner: str) -> str:
    return f"<i>{inner}</i>" if is_italic else inner


def _html_piece(piece: Piece) -> str:
    written = str(escape(piece.text))
    if piece.href:
        return f'<a href="{escape(piece.href)}" rel="noopener external">{written}</a>'
    if piece.tag:
        return f"<{piece.tag}>{written}</{piece.tag}>"
    return _isolated(written)


def _isolated(written: str) -> str:
    """Text from right to left stands apart, so that the figures after it stay where they belong."""
    if written.isascii():
        return written
    return RIGHT_TO_LEFT.sub(lambda run: f"<bdi>{run[0]}</bdi>", written)
