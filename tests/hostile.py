"""Hostile markup of our own making: tags × handlers × addresses × disguises × contexts, by number and reproducible.

Every piece tries to set `window.__ran`; every piece for templates and format strings would show a word that is nowhere
in it.
"""

import itertools

SCRIPT = "window.__ran=1"
#: What a template or a format string would make of the pieces below; none of these words is written in them.
EVALUATED = ("ZQWVXK", "<module", "&lt;module", "<class 'dict'>", "7006652")

TAGS = [
    "script",
    "img",
    "svg",
    "math",
    "iframe",
    "object",
    "embed",
    "video",
    "audio",
    "source",
    "body",
    "input",
    "select",
    "textarea",
    "button",
    "form",
    "details",
    "marquee",
    "style",
    "link",
    "meta",
    "base",
    "template",
    "noscript",
    "title",
    "xmp",
    "plaintext",
    "isindex",
    "frameset",
    "table",
    "a",
    "abbr",
    "span",
    "cite",
    "strong",
    "x-own",
    "image",
    "keygen",
]
HANDLERS = [
    "onerror",
    "onload",
    "onfocus",
    "onmouseover",
    "ontoggle",
    "onanimationstart",
    "onbeforeinput",
    "onpointerrawupdate",
]
EXTRAS = {
    "img": "src=x",
    "image": "src=x",
    "input": "autofocus",
    "details": "open",
    "iframe": 'srcdoc="<script>{js}</script>"',
    "object": 'data="javascript:{js}"',
    "embed": 'src="javascript:{js}"',
    "link": 'rel=stylesheet href="data:,x"',
    "meta": 'http-equiv=refresh content="0;url=javascript:{js}"',
    "base": 'href="https://evil.example/"',
    "form": 'action="javascript:{js}"',
    "button": 'formaction="javascript:{js}"',
    "a": 'href="javascript:{js}"',
    "svg": "xmlns:xlink=x",
    "video": "src=x",
    "audio": "src=x",
    "abbr": 'title="&quot;onfocus={js}"',
    "span": 'lang="en onfocus={js}"',
    "cite": 'data-uid="c1 onfocus={js}"',
}
QUOTES = ['"', "'", "", "`"]
SEPARATORS = [" ", "/", "\t", "\n", "\f", " / ", "//"]
CASES = [str, str.upper, str.title]

SCHEMES = [
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java\nscript:",
    "&#106;avascript:",
    "&#x6A;avascript&colon;",
    "&Tab;javascript:",
    "\x01javascript:",
    " javascript:",
    "javascript&#58;",
    "javascript&#0000058",
    "vbscript:",
    "data:text/html,<script>{js}</script>//",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg onload={js}>",
    "feed:javascript:",
    "view-source:javascript:",
    "jar:javascript:",
    "blob:javascript:",
    "file:///",
    "//evil.example/",
    "\\\\evil.example\\",
    "/\\evil.example/",
    "https:evil.example",
    "http:/evil.example",
    "https://u@evil.example/",
    "%6aavascript:",
    "javascript://%0a",
    "javascript:/*--></title>*/",
    "ｊavascript:",
    "javas\u00adcript:",
    "?javascript:",
]
CONTEXTS = [
    "{}",
    '">{}',
    "'>{}",
    "--><{}",
    "--!>{}",
    "]]>{}",
    "</title>{}",
    "</textarea>{}",
    "</script>{}",
    "</style>{}",
    "</noscript>{}",
    "</template>{}",
    "</select>{}",
    "</td></tr></table>{}",
    "<!--{}-->",
    "<![CDATA[{}]]>",
    "<?{}?>",
    "<!{}>",
    "<p{}",
    '\\">{}',
    "\\u003c{}",
    '","x":"{}',
    "*/{}/*",
    "`-{}-`",
    "';{};'",
    "&lt;{}&gt;",
    "&#60;{}",
    "<<{}>>",
    "</p></div></main>{}",
    "<strong>{}",
    "<a href='/'>{}",
    "<span lang=en>{}",
    "<abbr title='{}'>x</abbr>",
    "<sup>{}",
]
MUTATIONS = [
    '<svg></p><style><a id="</style><img src=1 onerror={js}>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={js}&gt;">',
    '<noscript><p title="</noscript><img src=x onerror={js}>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={js}>",
    "<svg><desc><noscript></desc><img src=x onerror={js}></noscript></svg>",
    "<select><option><style></option></select><img src=x onerror={js}></style>",
    "<table><caption><svg><desc></caption><img src=x onerror={js}>",
    '<math><annotation-xml encoding="text/html"><style><img src=x onerror={js}></style></annotation-xml></math>',
    "<template><script>{js}</script></template>",
    '<xmp><p title="</xmp><svg/onload={js}>"></p></xmp>',
    "<listing>&lt;img src=x onerror={js}&gt;</listing>",
    '<a href="/" title="<img src=x onerror={js}>">x</a>',
    '<abbr title="<img src=x onerror={js}>">x</abbr>',
    "<abbr title='\"><script>{js}</script>'>x</abbr>",
    "<span lang='en\" onfocus=\"{js}'>x</span>",
    "<cite data-uid='c1\"><script>{js}</script>'></cite>",
    "&lt;script&gt;{js}&lt;/script&gt;",
    "&amp;lt;script&amp;gt;{js}",
    "&#x3c;img src=x onerror={js}&#x3e;",
    "<scr<script>ipt>{js}</scr</script>ipt>",
    '<img src="x` `<script>{js}</script>"` `>',
    "<br onload={js}><br/onload={js}>",
    "<img src=x:alert(alt) onerror={js} alt=0>",
    "<svg><animate onbegin={js} attributeName=x dur=1s>",
    '<svg><a xlink:href="javascript:{js}"><text>x</text></a></svg>',
    '<math href="javascript:{js}">x</math>',
    '<svg><use href="data:image/svg+xml,<svg id=x onload={js}>#x">',
    "<input type=hidden accesskey=x onclick={js}>",
    '<div style="background:url(javascript:{js})">',
    "<style>@import 'javascript:{js}';</style>",
    "<p style=animation-name:x onanimationstart={js}>",
    '<iframe srcdoc="&lt;script&gt;parent.{js}&lt;/script&gt;">',
]
TEMPLATES = [
    '{{ "zqwvxk"|upper }}',
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "{% filter upper %}zqwvxk{% endfilter %}",
    "{{ request.META }}",
    "{{ block.super }}",
    "{% include 'base.html' %}",
    "{% load static %}{% static 'x' %}",
    "%(title)s %s %d %n %%",
    "{0.__class__}",
    "{title.__class__.__mro__}",
    "{!r}",
    "${7*1000950}",
    "#{7*1000950}",
    "{{7*1000950}}",
    "<%= 7*1000950 %>",
    "{{constructor.constructor('{js}')()}}",
    "[[7*1000950]]",
    "{{{{ x }}}}",
    "{# x #}",
    "{%csrf_token%}",
    "\\{{ x }}",
    "{{ x|safe }}",
    "{% autoescape off %}<script>{js}</script>{% endautoescape %}",
]
#: Characters that make a text read otherwise than it is stored; they are refused wherever they are typed.
HIDDEN = {
    "right-to-left override": "\u202e",
    "left-to-right embedding": "\u202a",
    "isolate": "\u2066",
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "null": "\x00",
    "backspace": "\x08",
    "escape": "\x1b",
    "next line": "\x85",
    "line separator": "\u2028",
    "private use": "\ue000",
    "tag letter": "\U000e0041",
}


def _elements():
    for number, (tag, handler) in enumerate(itertools.product(TAGS, HANDLERS)):
        quote, gap = QUOTES[number % len(QUOTES)], SEPARATORS[number % len(SEPARATORS)]
        extra = EXTRAS.get(tag, "")
        name = CASES[number % len(CASES)](tag)
        yield f"<{name}{gap}{extra} {handler}={quote}{{js}}{quote}>{{js}}</{name}>"


def _addresses():
    for scheme in SCHEMES:
        yield f'<a href="{scheme}{{js}}">x</a>'
        yield f"<a href='{scheme}{{js}}' target=_blank>x</a>"
        yield f"{scheme}{{js}}"


def _in_contexts():
    cores = ["<script>{js}</script>", "<img src=x onerror={js}>", "<svg/onload={js}>", '" autofocus onfocus="{js}']
    for context, core in itertools.product(CONTEXTS, cores):
        yield context.replace("{}", core)


def pieces():
    """Every hostile text, without doubles, always in the same order."""
    made = itertools.chain(MUTATIONS, TEMPLATES, _addresses(), _in_contexts(), _elements())
    return list(dict.fromkeys(piece.replace("{js}", SCRIPT) for piece in made))


def storable(piece):
    """Whether a text field takes the piece at all: control characters and look-alikes are refused at the door."""
    return piece.isascii() and piece.isprintable()
