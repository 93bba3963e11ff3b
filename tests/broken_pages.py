"""Pages that nobody would write: for the importer's tests and its long campaign."""

# ruff: noqa: E501

import random
from pathlib import Path

ENDINGS = (".txt", ".html", ".md", ".json", "")
PAGES = Path(__file__).parent / "data" / "import"

_TEXT = (
    "Words.", "- item", "• item", "1. one", "-", "===", "-----", "***", "Title", "", "", "    deep", "Updated May 3, 2010",
    "Sources", '"A." B. 3 May 2010. C. 4 May 2011', "© 2010 X", "a > b > c", "HONcode", "---", "key: value", "\u202e10", "\ufeff",
    "🏴‍☠️", "e\u0301" * 5, "\x0c", "Żółć", "10\u2075", "What now?", "include:  - a  - b", "\t- tab", "(a) b", "x" * 300,
    "A: b: c:", "5\u041e mg", "www.example.org", "Fact [1].", "More [1-3, 5].", "<sup>[2]</sup>", "[1-2-3]", "[3-1]", "References", "Finch B. Nights. J R. 2003;8(1):1-2. doi:x", "doi:10.1/x", "a" + "\u0301" * 30, "\ud83d"
)  # fmt: skip
_TAGS = [
    "p",
    "div",
    "span",
    "b",
    "i",
    "em",
    "strong",
    "a",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "caption",
    "h1",
    "h2",
    "h3",
    "h6",
    "br",
    "hr",
    "img",
    "script",
    "style",
    "nav",
    "form",
    "button",
    "del",
    "ins",
    "sup",
    "sub",
    "dl",
    "dt",
    "dd",
    "pre",
    "blockquote",
    "svg",
    "math",
    "iframe",
    "noscript",
    "template",
    "textarea",
    "select",
    "option",
    "title",
    "body",
    "html",
    "head",
    "font",
    "center",
    "q",
    "abbr",
    "x-y",
]
_ATTRIBUTES = (
    "", "", "", " hidden", ' class="nav"', ' class="subtitle"', ' href="javascript:1"', ' href="https://e.org/?a=1&b"', " style=display:none",
    ' title="<b>"', " colspan=99999999999", ' lang="x y"', ' data-line="9"', ' aria-label="breadcrumb"', " id=\x01", ' title="&#0;"'
)  # fmt: skip
_MARKDOWN = (
    "# ",
    "## ",
    "> ",
    "- ",
    "1. ",
    "* ",
    "`",
    "**",
    "_",
    "[a](b)",
    "![a](b)",
    "| a | b |\n|---|---|\n",
    "<div>",
    "\n\n",
    "    ",
    "[x]: y\n",
)
_JSON = (
    "{",
    "}",
    "[",
    "]",
    '"snapshot"',
    '"format":"gtsite-article"',
    ":",
    ",",
    "1",
    "1e9",
    "null",
    '"\\ud800"',
    '"schema":1',
    "-0",
)


def broken_page(seed: int) -> tuple[str, bytes]:
    """A name and bytes, the same for the same seed: grammar run wild, or a page of ours damaged."""
    chance = random.Random(seed)
    ending = chance.choice(ENDINGS)
    data = _damaged(chance, ending) if chance.random() < 0.35 else _wild(chance, ending)
    return f"page{seed}{ending}", data


def _wild(chance: random.Random, ending: str) -> bytes:
    make = {".html": _html, ".md": _markdown, ".json": _json}.get(ending, _plain)
    text = make(chance, chance.randint(1, 120))
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-16", "cp1252", "utf-8-sig"))
    return text.encode(encoding, chance.choice(("replace", "ignore")))


def _plain(chance: random.Random, size: int) -> str:
    return "\n".join(" " * chance.choice((0, 0, 0, 2, 4, 9)) + chance.choice(_TEXT) for _ in range(size))


def _html(chance: random.Random, size: int) -> str:
    parts = []
    for _ in range(size):
        tag = chance.choice(_TAGS)
        parts.append(
            chance.choice(
                (
                    f"<{tag}{chance.choice(_ATTRIBUTES)}>",
                    f"</{tag}>",
                    chance.choice(_TEXT),
                    "&#8203;",
                    "&nbsp;",
                    "&#xD800;",
                    "<!-- c -->",
                    "<![CDATA[",
                    "<?x y?>",
                )
            )
        )
    return "".join(parts)


def _markdown(chance: random.Random, size: int) -> str:
    return "".join(chance.choice(_MARKDOWN + _TEXT[:12]) + chance.choice(("", "\n", " ")) for _ in range(size))


def _json(chance: random.Random, size: int) -> str:
    return "".join(chance.choice(_JSON) for _ in range(size))


def _damaged(chance: random.Random, ending: str) -> bytes:
    pages = sorted(path for path in PAGES.iterdir() if path.suffix == ending) or sorted(PAGES.iterdir())
    data = bytearray(chance.choice(pages).read_bytes())
    for _ in range(chance.randint(1, 20)):
        place = chance.randrange(len(data) + 1)
        act = chance.randrange(4)
        if act == 0 and data:
            data[place % len(data)] = chance.randrange(256)
        elif act == 1:
            del data[place : place + chance.randint(1, 200)]
        elif act == 2:
            data[place:place] = data[place : place + chance.randint(1, 400)] * chance.randint(1, 5)
        else:
            data[place:place] = chance.choice(_TEXT).encode("utf-8", "replace")
    return bytes(data)
