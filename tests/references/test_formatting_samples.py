"""What the manuals themselves print: their samples come out word for word and stop for stop.

NLM: Samples of Formatted References for Authors of Journal Articles. AMA: Manual of Style, 11th edition, 3.11 to 3.15.
APA: Publication Manual, 7th edition, chapters 9 to 11, and the reference examples of apastyle.apa.org.
"""

import json
from pathlib import Path

import pytest

from references.formatting import STYLES, format_reference

SAMPLES = json.loads((Path(__file__).parent / "data" / "samples.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("style", STYLES)
def test_the_samples_of_the_manual_come_out_as_it_prints_them(style):
    shown = [format_reference(known["item"], style, known["accessed"]).text for known in SAMPLES[style]]
    assert shown == [known["sample"] for known in SAMPLES[style]]
