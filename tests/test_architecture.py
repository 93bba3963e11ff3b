"""Who may import whom, read from the source: each rule names the offending line, and each rule can fail.

    doors -> acts -> rendering -> forms of content -> models -> references -> pure modules of references

A new module of `articles` is entered in LAYERS, which is how one decides where it belongs.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("articles", "references", "gtsite")

LAYERS = {
    "models": {"models"},
    "forms of content": {
        "canonical", "characters", "checks", "dictionary", "diffs", "evidence", "merging", "merkle",
        "principles", "serializer", "shapes", "significance", "snapshot", "statements", "text", "troubles", "trust",
        "upcasting",
    },
    "rendering": {"citing", "jsonld", "marking", "rendering", "templatetags"},
    "acts": {
        "cases", "checkpoints", "conditions", "demonstration", "drafting", "effects", "emails", "exporting",
        "four_eyes", "history", "importing", "ledger", "marks", "pacing", "people", "proof", "protection", "publishing",
        "recording", "ripple", "roles", "search", "sharing", "source_merges", "sources", "stored", "uploads", "usage",
        "verification", "worker", "workflow",
    },
    "doors": {"admin", "apps", "feeds", "forms", "management", "sitemaps", "urls", "views"},
}  # fmt: skip
LEVELS = list(LAYERS)
# The map of the site and the start of the app join doors; forms, and the small pieces of an answer, they share.
JOINING_DOORS = {"urls", "apps"}
SHARED_BY_DOORS = {"articles.forms", "articles.views.answers"}
# The only modules among the forms of content that know the tables too.
BETWEEN_TABLE_AND_DICT = {"snapshot", "serializer"}
REFERENCES_WITH_TABLES = {
    "admin", "apart", "apps", "archives", "duplicates", "families", "finding", "forms", "http", "importing", "links",
    "management", "merging", "migrations", "models", "record", "recording", "retractions", "standing", "urls", "views",
}  # fmt: skip
REFERENCES_DOORS = {"admin", "forms", "views", "urls", "management"}
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "httpcore2", "httpx2", "requests"}
NETWORK_ALLOWED = {"references/http.py", "gtsite/launch.py"}  # the launcher asks whether its port is free
MAIL = {"django.core.mail", "smtplib", "email.mime"}
SEARCH_SQL = re.compile(r"\bMATCH\b|\bbm25\(|\bto_tsvector\(|_tsquery\(|::tsquery|\bts_rank")
# Articles have one module that searches; the library, which may not import it, has its own.
SEARCH_SQL_ALLOWED = {"articles/search.py", "references/finding.py"}
CLOCKS = {"timezone.now", "datetime.now", "datetime.datetime.now", "date.today", "datetime.date.today", "time.time"}
RECORDERS = {"articles/drafting.py", "articles/recording.py", "references/recording.py"}
# The library keeps its own index of words in step after migrations, since it knows nothing of articles.
RECEIVERS_ALLOWED = {"articles/apps.py", "references/apps.py"}
# Used by name, not by import: the file whose text shows it.
USED_BY_NAME = {
    "argon2-cffi": ("gtsite/settings.py", "Argon2PasswordHasher"),
    "granian": ("gtsite/launch.py", "granian"),
    "psycopg": ("gtsite/environment.py", "postgresql"),
    "django-axes": ("gtsite/settings.py", "axes.middleware"),
    "whitenoise": ("gtsite/settings.py", "whitenoise.middleware"),
}
VAGUE_NAMES = {"utils", "util", "helpers", "services", "service", "common", "misc", "logic", "managers"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*\bsrc=)(?![^>]*json)", re.IGNORECASE)
FOREIGN = re.compile(
    r"(?:src|srcset|action)=[\"'](?:https?:)?//|<link[^>]+href=[\"'](?:https?:)?//|@import|url\(\s*[\"']?(?:https?:)?//"
)


@dataclass(frozen=True)
class Import:
    path: str
    line: int
    target: str

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def module(self) -> str:
        """The first name below the package: `drafting`, `admin`, `models`."""
        return Path(self.path).parts[1].removesuffix(".py")

    def offends(self, sentence: str) -> str:
        return f"{self.path}:{self.line}: imports {self.target}: {sentence}"


@cache
def sources(root: Path) -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(root).as_posix(), ast.parse(path.read_text(), filename=str(path)))
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    ]


@cache
def imports(root: Path) -> list[Import]:
    return list(read_imports(root))


def read_imports(root: Path) -> Iterator[Import]:
    for path, tree in sources(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(path, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = absolute(path, node)
                yield from (Import(path, node.lineno, f"{base}.{alias.name}") for alias in node.names)


def absolute(path: str, node: ast.ImportFrom) -> str:
    """The dotted name that `from … import` reads from, relative dots resolved."""
    if not node.level:
        return node.module or ""
    parents = Path(path).parts[: -node.level]
    return ".".join([*parents, *([node.module] if node.module else [])])


def is_within(target: str, names: set[str]) -> bool:
    return any(target == name or target.startswith(f"{name}.") for name in names)


def level_of(module: str) -> int | None:
    return next((LEVELS.index(layer) for layer, modules in LAYERS.items() if module in modules), None)


def article_module(target: str) -> str | None:
    parts = target.split(".")
    return parts[1] if parts[0] == "articles" and len(parts) > 1 else None


def references_know_nothing_of_articles(root: Path) -> list[str]:
    return [
        found.offends("references never imports articles")
        for found in imports(root)
        if found.package == "references" and is_within(found.target, {"articles"})
    ]


def every_module_has_a_layer(root: Path) -> list[str]:
    return [
        f"{path}:1: {Path(path).parts[1]} stands in no layer; enter it in LAYERS"
        for path, _ in sources(root)
        if path.startswith("articles/")
        and (module := Path(path).parts[1].removesuffix(".py")) not in ("__init__", "migrations")
        and level_of(module) is None
    ]


def imports_point_downwards(root: Path) -> list[str]:
    return [
        found.offends(f"{LEVELS[here]} may not import {LEVELS[there]}")
        for found in imports(root)
        if found.package == "articles"
        and (there := level_of(article_module(found.target) or "")) is not None
        and (here := level_of(found.module)) is not None
        and there > here
    ]


def doors_do_not_import_doors(root: Path) -> list[str]:
    return [
        found.offends("a door never imports a door")
        for found in imports(root)
        if found.package == "articles"
        and found.module in LAYERS["doors"] - JOINING_DOORS
        and not is_within(found.target, SHARED_BY_DOORS)
        and (
            article_module(found.target) in LAYERS["doors"] - {found.module}
            or is_within(found.target, {f"references.{door}" for door in REFERENCES_DOORS})
        )
    ]


def forms_of_content_are_pure(root: Path) -> list[str]:
    pure = LAYERS["forms of content"] - BETWEEN_TABLE_AND_DICT
    tables = {"articles.models", "references.models", "django.db", "reversion"}
    return [
        found.offends("forms of content take and return plain data; only snapshot knows the tables too")
        for found in imports(root)
        if found.package == "articles" and found.module in pure and is_within(found.target, tables)
    ]


def identifiers_and_formats_are_pure(root: Path) -> list[str]:
    return [
        found.offends("this module of references takes and returns plain data")
        for found in imports(root)
        if found.package == "references"
        and found.module not in REFERENCES_WITH_TABLES | {"__init__"}
        and is_within(found.target, {"references.models", "django.db", "reversion"})
    ]


def only_one_module_reaches_the_network(root: Path) -> list[str]:
    return [
        found.offends("only references/http.py reaches the network")
        for found in imports(root)
        if is_within(found.target, NETWORK) and found.path not in NETWORK_ALLOWED
    ]


def only_one_module_sends_mail(root: Path) -> list[str]:
    return [
        found.offends("only articles/emails.py sends mail")
        for found in imports(root)
        if is_within(found.target, MAIL) and found.path != "articles/emails.py"
    ]


def only_one_module_speaks_search_sql(root: Path) -> list[str]:
    return [
        f"{path}:{node.lineno}: search SQL belongs into {' or '.join(sorted(SEARCH_SQL_ALLOWED))}"
        for path, tree in sources(root)
        if path not in SEARCH_SQL_ALLOWED and "/migrations/" not in path
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SEARCH_SQL.search(node.value)
    ]


def only_doors_and_acts_ask_the_clock(root: Path) -> list[str]:
    quiet = LAYERS["models"] | LAYERS["forms of content"] | LAYERS["rendering"]
    return [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}(): the moment is asked once per act and passed down"
        for path, tree in sources(root)
        if path.startswith("articles/") and Path(path).parts[1].removesuffix(".py") in quiet
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCKS
    ]


def only_recorders_open_revisions(root: Path) -> list[str]:
    return [
        f"{path}:{node.lineno}: only {', '.join(sorted(RECORDERS))} may open a revision"
        for path, tree in sources(root)
        if path not in RECORDERS
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "create_revision")
        or (isinstance(node, ast.alias) and node.name == "create_revision")
    ]


def reversions_own_doors_stay_shut(root: Path) -> list[str]:
    shut = {"reversion.admin", "reversion.views", "reversion.middleware"}
    return [
        found.offends("reversion only records; its views, admin and middleware are not used")
        for found in imports(root)
        if is_within(found.target, shut)
    ]


def receivers_are_connected_in_one_place(root: Path) -> list[str]:
    return [
        f"{path}:{node.lineno}: signals are connected in the apps only"
        for path, tree in sources(root)
        if path not in RECEIVERS_ALLOWED
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "receiver" and not isinstance(node.ctx, ast.Store))
        or (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(("_save.connect", "_commit.connect", "_migrate.connect"))
        )
    ]


def every_dependency_is_used(root: Path) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in project["dependencies"]}
    modules: dict[str, set[str]] = {}
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            modules.setdefault(distribution.lower().replace("_", "-"), set()).add(module)
    imported = {found.target for found in imports(root)}
    return [
        f"pyproject.toml:1: {name} is installed for readers and used by nobody"
        for name in sorted(wanted)
        if not used_by_name(root, name) and not any(is_within(target, modules.get(name, {name})) for target in imported)
    ]


def used_by_name(root: Path, name: str) -> bool:
    path, word = USED_BY_NAME.get(name, ("", ""))
    return bool(path) and (root / path).exists() and word in (root / path).read_text()


def no_vague_drawers(root: Path) -> list[str]:
    return [
        f"{path}:1: a name that says nothing; call it after what it does"
        for path, _ in sources(root)
        if VAGUE_NAMES & {part.removesuffix(".py") for part in Path(path).parts}
    ]


def nothing_is_left_unfinished(root: Path) -> list[str]:
    return offending_lines(root, ("*.py", "*.html", "*.css", "*.js"), UNFINISHED, "finish it, or write an issue")


def templates_hold_nothing_inline(root: Path) -> list[str]:
    return offending_lines(root, ("*.html",), INLINE, "the content policy allows nothing inline")


def nothing_is_loaded_from_elsewhere(root: Path) -> list[str]:
    return offending_lines(root, ("*.html", "*.css"), FOREIGN, "readers are never sent to a foreign host")


def offending_lines(root: Path, kinds: tuple[str, ...], pattern: re.Pattern[str], sentence: str) -> list[str]:
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {found[0].strip()}: {sentence}"
        for folder in (*PACKAGES, "templates")
        for kind in kinds
        for path in sorted((root / folder).rglob(kind))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (found := pattern.search(line))
    ]


Rule = Callable[[Path], list[str]]
EXAMPLES: list[tuple[Rule, str, str]] = [
    (references_know_nothing_of_articles, "references/links.py", "from articles.models import Article"),
    (references_know_nothing_of_articles, "references/links.py", "def f():\n    import articles"),
    (every_module_has_a_layer, "articles/novelty.py", "x = 1"),
    (imports_point_downwards, "articles/diffs.py", "from . import drafting"),
    (imports_point_downwards, "articles/diffs.py", "from .rendering import render_article"),
    (imports_point_downwards, "articles/models/article.py", "from ..snapshot import take"),
    (imports_point_downwards, "articles/publishing.py", "from articles.views import article"),
    (imports_point_downwards, "articles/rendering.py", "from articles import publishing"),
    (doors_do_not_import_doors, "articles/views.py", "from articles.admin import site"),
    (doors_do_not_import_doors, "articles/admin/desk.py", "from ..feeds import New"),
    (doors_do_not_import_doors, "articles/admin/desk.py", "from references.admin import ReferenceAdmin"),
    (forms_of_content_are_pure, "articles/diffs.py", "from .models import Article"),
    (forms_of_content_are_pure, "articles/trust.py", "from django.db import connection"),
    (identifiers_and_formats_are_pure, "references/identifiers.py", "from .models import Reference"),
    (only_one_module_reaches_the_network, "references/links.py", "import urllib.request"),
    (only_one_module_reaches_the_network, "articles/publishing.py", "from http.client import HTTPConnection"),
    (only_one_module_sends_mail, "articles/workflow.py", "from django.core.mail import send_mail"),
    (only_one_module_speaks_search_sql, "articles/views.py", "SQL = 'SELECT x FROM y WHERE y MATCH %s'"),
    (only_one_module_speaks_search_sql, "references/recording.py", "SQL = 'WHERE words @@ %s::tsquery'"),
    (only_doors_and_acts_ask_the_clock, "articles/trust.py", "now = timezone.now()"),
    (only_doors_and_acts_ask_the_clock, "articles/models/edition.py", "def f():\n    return date.today()"),
    (only_recorders_open_revisions, "articles/workflow.py", "with reversion.create_revision():\n    pass"),
    (only_recorders_open_revisions, "articles/views.py", "from reversion import create_revision"),
    (reversions_own_doors_stay_shut, "articles/admin/desk.py", "from reversion.admin import VersionAdmin"),
    (receivers_are_connected_in_one_place, "articles/publishing.py", "post_save.connect(f)"),
    (receivers_are_connected_in_one_place, "articles/ledger.py", "@receiver(post_save)\ndef f(): ..."),
    (no_vague_drawers, "articles/utils.py", "x = 1"),
    (no_vague_drawers, "references/helpers/dates.py", "x = 1"),
    (nothing_is_left_unfinished, "articles/views.py", "x = 1  # TO" + "DO later"),
    (templates_hold_nothing_inline, "templates/a.html", '<p style="color: red">'),
    (templates_hold_nothing_inline, "templates/a.html", '<p onclick="go()">'),
    (templates_hold_nothing_inline, "templates/a.html", "<script>go()</script>"),
    (nothing_is_loaded_from_elsewhere, "templates/a.html", '<img src="https://tracker.example/x.gif">'),
    (nothing_is_loaded_from_elsewhere, "articles/static/a.css", "@import url(//fonts.example/a.css);"),
]
RULES = list(dict.fromkeys([rule for rule, _, _ in EXAMPLES] + [every_dependency_is_used]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule):
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "path", "source"), EXAMPLES)
def test_a_broken_rule_is_found_with_its_line(tmp_path, rule, path, source):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source + "\n")
    offences = rule(tmp_path)
    assert offences
    assert offences[0].startswith(f"{path}:")


def test_a_dependency_that_nobody_uses_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["Django>=5", "lxml"]\n')
    (tmp_path / "gtsite").mkdir()
    (tmp_path / "gtsite/urls.py").write_text("import django.urls\n")
    assert every_dependency_is_used(tmp_path) == ["pyproject.toml:1: lxml is installed for readers and used by nobody"]


def test_words_of_data_blocks_and_own_files_are_no_offence(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.html").write_text(
        '<script type="application/ld+json">{}</script><script src="/static/a.js"></script>'
        '<a href="https://example.org/">elsewhere</a><p data-style="x">'
    )
    assert templates_hold_nothing_inline(tmp_path) == nothing_is_loaded_from_elsewhere(tmp_path) == []
