"""Codes of languages as MEDLINE writes them (ISO 639-2, "eng") and as web pages do ("en")."""

_PAIRS = (
    "afr af alb sq ara ar arm hy aze az bos bs bul bg cat ca chi zh cze cs dan da dut nl eng en est et fin fi fre fr "
    "geo ka ger de gre el heb he hin hi hrv hr hun hu ice is ind id ita it jpn ja kor ko lav lv lit lt mac mk may ms "
    "nor no per fa pol pl por pt rum ro rus ru slo sk slv sl spa es srp sr swe sv tha th tur tr ukr uk urd ur vie vi "
    "wel cy"
)
_CODES = _PAIRS.split()
TO_WEB = dict(zip(_CODES[::2], _CODES[1::2], strict=True))
TO_MEDLINE = {web: medline for medline, web in TO_WEB.items()}
