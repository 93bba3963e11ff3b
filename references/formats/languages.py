"""Codes of languages as MEDLINE writes them (ISO 639-2, "eng") and as web pages do ("en")."""

import re

_PAIRS = (
    "afr af alb sq ara ar arm hy aze az bos bs bul bg cat ca chi zh cze cs dan da dut nl eng en est et fin fi fre fr "
    "geo ka ger de gre el heb he hin hi hrv hr hun hu ice is ind id ita it jpn ja kor ko lav lv lit lt mac mk may ms "
    "nor no per fa pol pl por pt rum ro rus ru slo sk slv sl spa es srp sr swe sv tha th tur tr ukr uk urd ur vie vi "
    "wel cy"
)
_CODES = _PAIRS.split()
TO_WEB = dict(zip(_CODES[::2], _CODES[1::2], strict=True))
TO_MEDLINE = {web: medline for medline, web in TO_WEB.items()}
_NAMES = {
    "english": "en", "american": "en", "british": "en", "french": "fr", "german": "de", "ngerman": "de",
    "spanish": "es", "italian": "it", "portuguese": "pt", "dutch": "nl", "polish": "pl", "russian": "ru",
    "chinese": "zh", "japanese": "ja", "korean": "ko", "turkish": "tr", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "hungarian": "hu", "greek": "el", "arabic": "ar", "hebrew": "he",
}  # fmt: skip
_CODE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8}){0,3})")


def web_code(written: str) -> str:
    """The code that web pages use, from a code of either kind or an English name; "" for what is neither."""
    language = written.strip().lower()
    if language in _NAMES:
        return _NAMES[language]
    found = _CODE.fullmatch(written.strip())
    if not found:
        return ""
    code = found[1].lower()
    return TO_WEB.get(code, code) + found[2].replace("_", "-")
