"""What PubMed says a work is, and what it says was published about the work since, in a MEDLINE record.

Publication types (PT) and the tags of notices (RIN, ECI, EIN …) are those of NLM's "MEDLINE/PubMed Data Element
Descriptions". A file can be edited by anybody, so its notices are told to the person and not recorded: the checks of
sources ask PubMed itself.
"""

from .record import Reading, shown

# The first that a work has: the stronger evidence before the weaker.
EVIDENCE = {
    "Practice Guideline": "guideline",
    "Guideline": "guideline",
    "Consensus Development Conference": "guideline",
    "Systematic Review": "systematic-review",
    "Meta-Analysis": "systematic-review",
    "Randomized Controlled Trial": "trial",
    "Controlled Clinical Trial": "trial",
    "Clinical Trial": "trial",
    "Observational Study": "observational",
    "Case Reports": "observational",
    "News": "news",
    "Newspaper Article": "news",
    "Review": "expert",
    "Editorial": "expert",
    "Comment": "expert",
}
_LEANING = " Think twice before you lean on it."
_RETRACTED = "PubMed calls this paper retracted{}." + _LEANING
_REPUBLISHED = "PubMed calls this paper retracted and republished{}." + _LEANING
_PARTLY = "PubMed calls this paper retracted in part{}." + _LEANING
_DOUBTED = "PubMed knows of an expression of concern about this paper{}." + _LEANING
_RETRACTS = "PubMed calls this a notice that retracts another paper{}; it is not that paper itself."
_DOUBTS = "PubMed calls this an expression of concern about another paper{}; it is not that paper itself."
_CORRECTS = "PubMed calls this a correction of another paper{}; it is not that paper itself."
# tag -> what its value is told with; of a publication type there is no more to tell
_TAGS = {
    "RIN": _RETRACTED,
    "RRI": _REPUBLISHED,
    "RPI": "PubMed knows that this paper was republished{}.",
    "PRIN": _PARTLY,
    "ECI": _DOUBTED,
    "EIN": "PubMed knows of a correction of this paper{}.",
    "CRI": "PubMed calls this paper corrected and republished{}.",
    "ROF": _RETRACTS,
    "PROF": _RETRACTS,
    "ECF": _DOUBTS,
    "EFR": _CORRECTS,
}
_TYPES = {
    "Retracted Publication": _RETRACTED,
    "Retraction of Publication": _RETRACTS,
    "Retraction Notice": _RETRACTS,
    "Expression of Concern": _DOUBTS,
    "Published Erratum": _CORRECTS,
}
NOTICES = frozenset(_TAGS)
_MOST = 20


def read_types(reading: Reading, lines: list[tuple[str, str]]) -> None:
    """Keeps the kind of evidence as a proposal and tells what was published about the work."""
    types = [value for tag, value in lines if tag == "PT"]
    reading.proposed_evidence = next((evidence for kind, evidence in EVIDENCE.items() if kind in types), "")
    told = [(_TAGS[tag], value) for tag, value in lines if tag in _TAGS and value]
    said = {words for words, _ in told}
    if {_REPUBLISHED, _PARTLY} & said:
        said.add(_RETRACTED)
    told = [(words, "") for kind, words in _TYPES.items() if kind in types and words not in said] + told
    sentences = [words.format(f": {shown(value.rstrip('.'), 200)}" if value else "") for words, value in told]
    reading.warnings += list(dict.fromkeys(sentences))[:_MOST]
