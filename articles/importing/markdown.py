"""Markdown (CommonMark with tables): rendered to HTML with line numbers, then read as HTML."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from .markup import MAX_DEPTH, read_markup
from .page import ImportRefused, Reading, Report

_OTHER_BULLETS = re.compile(r"^([ \t]*)[•·◦▪‣●]([ \t]+)", re.MULTILINE)


def read_markdown(text: str, report: Report) -> Reading:
    """The pieces of a Markdown text. Raises `ImportRefused` as `read_markup` does."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    # The parser drops in silence what is nested deeper than it may go; deeper than MAX_DEPTH is refused aloud.
    parser.options["maxNesting"] = MAX_DEPTH + 20
    try:
        tokens = parser.parse(_OTHER_BULLETS.sub(r"\1-\2", text))
    except RecursionError:
        tokens = []
    if not tokens or max(token.level for token in tokens) > MAX_DEPTH:
        raise ImportRefused(f"The text is nested more than {MAX_DEPTH} levels deep.")
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    return read_markup(parser.renderer.render(tokens, parser.options, {}) or " ", report, is_whole_page=False)
