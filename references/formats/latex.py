"""The LaTeX of BibTeX files, as text and back.

``decode`` knows accents, letters, dashes, quotation marks, the marks of titles (\\textit, \\emph, sub- and
superscripts) and simple mathematics; a command that it does not know is reported, never guessed at. ``encode`` writes
what ``decode`` reads back as the same text. Addresses are verbatim and never pass through here: in a web address
"%7E", "~" and "\\_" are what they are.
"""

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "th": "þ", "TH": "Þ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "S": "§",
    "P": "¶", "dag": "†", "ddag": "‡", "pounds": "£", "copyright": "©", "ldots": "…", "dots": "…",
    "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "textquotesingle": "'", "textquotedbl": '"',
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbraceleft": "{",
    "textbraceright": "}", "textless": "<", "textgreater": ">", "textbar": "|", "textunderscore": "_",
    "textdegree": "°", "texttrademark": "™", "textregistered": "®", "textmu": "µ", "guillemotleft": "«",
    "guillemotright": "»", "euro": "€", "texteuro": "€", "slash": "/", "lbrace": "{", "rbrace": "}", "times": "×",
    "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "sim": "∼", "rightarrow": "→", "to": "→", "cdot": "·",
    "infty": "∞", "prime": "′", "circ": "∘", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ",
    "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_MARKS = {
    "textit": "i", "emph": "i", "textsl": "i", "mathit": "i", "textsubscript": "sub", "textsuperscript": "sup",
}  # fmt: skip
# Of mere look, or without a meaning for text: their argument is the text.
_LOOK = frozenset(
    ["textbf", "textrm", "textsf", "texttt", "textsc", "textnormal", "text", "mathrm", "mathbf", "mbox", "uppercase",
     "enquote", "MakeUppercase", "rm", "bf", "it", "em", "sc", "tt", "sf", "normalfont", "relax", "protect",
     "ensuremath", "NoCaseChange", "hspace", "bibinfo", "selectfont", "displaystyle"]
)  # fmt: skip
_DOTLESS = {"ı": "i", "ȷ": "j"}
_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?[ \t\n]*|.|$)|---?|``|''|[{}$~^_]|[^\\{}$~^_`'-]+|[`'-]", re.DOTALL)
_DEEPEST = 60
_OPEN, _CLOSE = "\ue000", "\ue001"  # stand for <> of marks until the text is whole; refused in any input

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
}  # fmt: skip
_TITLE_MARK = re.compile(r"<(i|sub|sup)>([^<>]*)</\1>")
_COMMANDS = {"i": "textit", "sub": "textsubscript", "sup": "textsuperscript"}


class LatexError(ValueError):
    """The LaTeX cannot be read as text; the message names the command."""


def decode(latex: str) -> str:
    """The text of a field. Raises ``LatexError`` for a command that is not known."""
    if "\\" not in latex and not re.search(r"[{}$~^_]|--|``|''", latex):
        return latex
    if _OPEN in latex or _CLOSE in latex:
        raise LatexError("The text holds characters that have no meaning.")
    return Decoder(_TOKEN.findall(latex)).text()


class Decoder:
    """Reads tokens from left to right; groups nest at most ``_DEEPEST`` deep."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place, self.is_math = tokens, 0, False

    def text(self) -> str:
        pieces = []
        while self.place < len(self.tokens):
            pieces.append(self._next(0))
        return "".join(pieces)

    def _next(self, depth: int) -> str:
        token = self.tokens[self.place]
        self.place += 1
        if token == "{":
            return self._group(depth + 1)
        if token == "$":
            self.is_math = not self.is_math
            return ""
        if token in "_^" and self.is_math:
            mark = "sub" if token == "_" else "sup"
            return f"<{mark}>{self._argument(depth)}</{mark}>"
        if token.startswith("\\"):
            return self._command(token[1:].strip(), depth)
        return {"}": "", "~": " ", "---": "—", "--": "–", "``": "“", "''": "”"}.get(token, token)

    def _group(self, depth: int) -> str:
        if depth > _DEEPEST:
            raise LatexError("Curly brackets are nested too deeply to be a reference.")
        pieces = []
        while self.place < len(self.tokens) and self.tokens[self.place] != "}":
            pieces.append(self._next(depth))
        self.place += 1
        return "".join(pieces)

    def _argument(self, depth: int) -> str:
        """What stands in the next brackets, or the next character alone."""
        if self.place >= len(self.tokens):
            return ""
        token = self.tokens[self.place]
        if token == "{" or token.startswith("\\"):
            return self._next(depth + 1)
        rest = token.lstrip()
        self.tokens[self.place] = rest[1:]
        if not rest[1:]:
            self.place += 1
        return rest[:1]

    def _command(self, name: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise LatexError("Commands are nested too deeply to be a reference.")
        name = name.removesuffix("*")
        if name in _ACCENTS:
            return _accented(self._argument(depth), _ACCENTS[name])
        if name in _LETTERS:
            return _LETTERS[name]
        if name in _MARKS:
            return f"<{_MARKS[name]}>{self._argument(depth)}</{_MARKS[name]}>"
        if name in _LOOK:
            return ""
        if len(name) < 2 and not name.isalnum():
            return {"": "", "\\": " ", ",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", "@": ""}.get(name, name)
        raise LatexError(f"The LaTeX command “\\{name[:30]}” is not one that we can read.")


def encode(text: str) -> str:
    """The text in LaTeX, with the marks of a title as commands; ``decode`` gives the text back."""
    pieces, place = [], 0
    for found in _TITLE_MARK.finditer(text):
        pieces += [_escaped(text[place : found.start()]), f"\\{_COMMANDS[found[1]]}{{{_escaped(found[2])}}}"]
        place = found.end()
    return "".join([*pieces, _escaped(text[place:])])


def _escaped(text: str) -> str:
    """Signs that LaTeX reads otherwise, in a form that it does not; doubled ones are kept apart by {}."""
    plain = "".join(_SPECIAL.get(char, char) for char in text)
    return re.sub(r"-(?=-)|`(?=`)|'(?=')", r"\g<0>{}", plain)


def _accented(letter: str, accent: str) -> str:
    base = _DOTLESS.get(letter[:1], letter[:1]) if accent != "\u0323" else letter[:1]
    return unicodedata.normalize("NFC", f"{base or ' '}{accent}") + letter[1:] if base else ""
