"""The activity record: nothing happens without its entry, and any changed byte is found and named."""

import datetime
import io
import json
import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction
from PIL import Image

from articles import checkpoints, ledger, protection, roles, workflow
from articles.importing.drafts import import_page
from articles.importing.parsing import parse
from articles.models import ActorName, Article, Checkpoint, Edition, LedgerEntry, PolicyStatement, Review
from articles.recording import save_record
from articles.uploads import store_picture
from articles.verification import problems, recorded_tables
from references import record
from references.models import ArchiveCheck, Distinction, LinkCheck, Merge, NoticeCheck, PublicationNotice
from tests.people import NOW, make_reference, reword

YEAR = datetime.timedelta(days=365)


@pytest.fixture
def history(newsroom):
    """A life with a row in every recorded table: versions, notices, a role, a policy, a picture, an import, a stamp."""
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given once, and only once."))
    newsroom.do(article, "submit", newsroom.alice, reason="Clearer")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    _look_at_sources(newsroom)
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b1", words="Being checked", reason="A letter")
    newsroom.do(article, "withdraw", newsroom.paul, words="We are checking this page.", reason="Wrong dose")
    roles.set_roles(newsroom.anna, {"author", "editor"}, actor=newsroom.root, now=NOW, reason="New post")
    _sign_a_policy(newsroom)
    _upload_a_picture(newsroom)
    page = b"An old page\n\nIt says something.\n"
    import_page("old.txt", page, actor=newsroom.alice, now=NOW, read=parse)
    checkpoints.stamp(NOW)
    return article


def _look_at_sources(newsroom):
    """What was published about a source, a twin of it, and three looks that leave rows without an entry."""
    source, twin = newsroom.reference, make_reference("raper2003a", title="Fatal inflammation in a patient")
    record.keep([retraction(source)], now=NOW)
    merge = {"kept": source, "merged": twin, "at": NOW, "reason": "The same", "kept_before": 1, "kept_after": 1}
    merge = Merge(actor=ledger.actor_id(newsroom.edward, NOW), **merge)
    record.keep([merge], actor=newsroom.edward, now=NOW)
    record.keep([Distinction(one=source, other=twin, actor=merge.actor, at=NOW, reason="Two papers")], now=NOW)
    NoticeCheck.objects.create(reference=source, origin="crossref", checked_at=NOW, outcome="answered")
    LinkCheck.objects.create(reference=source, url="https://example.org/", checked_at=NOW, outcome="ok", status=200)
    ArchiveCheck.objects.create(reference=source, url="https://example.org/", wanted_on=NOW.date(), checked_at=NOW)


def retraction(source, **facts):
    values = {"nature": "retraction", "origin": "crossref", "record_id": "20946", "dated": datetime.date(2019, 7, 26)}
    return PublicationNotice(reference=source, noticed_at=NOW, **values | facts)


def _sign_a_policy(newsroom):
    today = NOW.date()
    row = PolicyStatement(principle=8, text="No advertising.", signer="Petra", signed_on=today, expires_on=today + YEAR)
    save_record(row, actor=newsroom.petra, now=NOW)


def _upload_a_picture(newsroom):
    picture = io.BytesIO()
    Image.new("RGB", (32, 32), (200, 220, 210)).save(picture, "PNG")
    store_picture(picture.getvalue(), actor=newsroom.alice, now=NOW)


def test_a_whole_record_has_no_problems(history):
    assert list(problems()) == []
    call_command("verify_ledger")


def columns(table):
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def flipped(value):
    """The same value with one character, bit or unit changed; of the same type, so that the database takes it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime.date):
        return value + datetime.timedelta(days=1)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)[:-1] + bytes([bytes(value)[-1] ^ 1]) if value else b"x"
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.dumps([*json.loads(value), "x"]) if value[0] == "[" else json.dumps(json.loads(value) | {"x": "x"})
    return ("y" if value[:1] == "x" else "x") + value[1:]


def written_otherwise(field, value):
    """Other bytes that SQLite takes for the same value: reading does not tell them from what was written."""
    kind = field.get_internal_type()
    if kind == "JSONField":
        return [f"{value} ", f"\n{value}", value.replace(", ", ","), value.encode()]
    if kind == "DateTimeField":
        return [value.isoformat("T"), f"{value} ", f"{value}Z", f"{value}?", str(value).encode()]
    if kind == "DateField":
        return [f"{value:%Y%m%d}", str(value).encode()]
    if kind == "BooleanField":
        return [b"1"] if value else [2, "no", ""]
    if kind == "BinaryField":
        return [bytes(value).hex()]
    return [bytes.fromhex(value)] if isinstance(value, str) and re.fullmatch("([0-9a-f]{2})+", value) else []


def tamperings(table):
    """The newest row's key, and each way to change one of its columns: name and value."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1 DESC LIMIT 1")
        row = dict(zip(columns(table), cursor.fetchone(), strict=True))
    found = []
    for field in model._meta.concrete_fields[1:]:
        value, is_moment = row[field.column], isinstance(field, models.DateField)
        changes = [flipped(value)] if value is not None else [NOW if is_moment else 1]
        changes += [None] if field.null and value is not None else []
        if connection.vendor == "sqlite" and value is not None:
            changes += [other for other in written_otherwise(field, value) if other != value]
        found += [(field.column, change) for change in changes]
    return str(row[model._meta.pk.column]), found


def tamper(table, key, column, value):
    """Whether the database took the change."""
    key_name = columns(table)[0]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key_name} = %s", [value, key])
    except IntegrityError:
        return False
    return True


def assert_changes_are_found(*tables):
    """One change in each of the tables at a time, until each has had all of its own."""
    left = {table: tamperings(table) for table in tables}
    while any(changes for _, changes in left.values()):
        with transaction.atomic():
            done = {
                (table, key): change
                for table, (key, changes) in left.items()
                if changes and tamper(table, key, *(change := changes.pop()))
            }
            named = {
                (p.table, p.key) for p in problems() if p.table not in recorded_tables() or "recorded" in p.sentence
            }
            missed = [f"{table}.{change}" for (table, key), change in done.items() if (table, key) not in named]
            assert not missed, f"Changed, and nobody noticed: {missed}"
            transaction.set_rollback(True)


def test_any_changed_column_of_any_recorded_row_is_found_and_named(history):
    """Of a recorded row only the sentence about its own fingerprint counts: one row's change never covers another's."""
    protection.remove(connection)
    assert_changes_are_found(*recorded_tables())
    assert_changes_are_found("articles_ledgerentry")
    assert_changes_are_found("articles_checkpoint")


UNREADABLE = {
    "articles_ledgerentry": ("at", "body"),
    "articles_checkpoint": ("at", "root"),
    "articles_edition": ("recorded_at", "snapshot"),
    "reversion_version": ("", "serialized_data"),
}


@pytest.mark.parametrize("table", UNREADABLE)
def test_a_row_that_can_no_longer_be_read_is_named_and_nothing_breaks_off(history, table):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no value that is not of the column's type")
    protection.remove(connection)
    key = columns(table)[0]
    moment, text = UNREADABLE[table]
    changes = [f"{moment} = '2026-15-04 10:00:00'"] if moment else []
    changes += [f"{text} = CAST(X'FF' AS TEXT)", f"{text} = CAST({text} AS BLOB)"]
    for change in changes:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {change} WHERE {key} = (SELECT MAX({key}) FROM {table})")
            assert cursor.rowcount == 1
            cursor.execute(f"SELECT MAX({key}) FROM {table}")
            named = (table, str(cursor.fetchone()[0]))
            assert named in [(problem.table, problem.key) for problem in problems()], change
            transaction.set_rollback(True)


def test_the_database_refuses_to_change_or_remove_what_was_written(history):
    for table in protection.tables():
        assert_is_written_once(table)


def assert_is_written_once(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 1")
        row = cursor.fetchone()
    key = columns(table)[0]
    replace = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {key} = %s"
    statements = [f"UPDATE {table} SET {key} = {key} WHERE {key} = %s", f"DELETE FROM {table} WHERE {key} = %s"]
    statements += [replace] if connection.vendor == "sqlite" else []
    for statement in statements:
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row[0]])


def test_a_removed_inserted_or_reordered_entry_is_found(history):
    protection.remove(connection)
    middle = LedgerEntry.objects.order_by("sequence")[4]
    last = LedgerEntry.objects.order_by("sequence").last()
    for change in (
        lambda: LedgerEntry.objects.filter(pk=middle.pk).delete(),
        lambda: LedgerEntry.objects.filter(pk=last.pk).delete(),
        lambda: LedgerEntry.objects.create(
            sequence=last.pk + 1, kind="step", actor="x", at=NOW, body="{}", leaf_hash="0" * 64
        ),
        lambda: LedgerEntry.objects.filter(pk=middle.pk).update(sequence=last.pk + 2),
    ):
        with transaction.atomic():
            change()
            assert list(problems())
            transaction.set_rollback(True)
    assert not [p for p in problems() if p.table != "triggers"]


def test_a_row_nobody_recorded_is_found(history):
    review = Review.objects.first()
    review.pk = None
    review.save()
    assert [(p.table, p.key) for p in problems()] == [("articles_review", str(review.pk))]


def test_a_notice_about_a_source_that_the_library_did_not_write_is_found(history, newsroom):
    smuggled = retraction(newsroom.reference, record_id="1")
    smuggled.save()
    assert [(p.table, p.key) for p in problems()] == [("references_publicationnotice", str(smuggled.pk))]


def test_a_notice_about_a_source_that_is_gone_is_found(history, newsroom):
    (gone,) = record.keep([retraction(newsroom.reference, record_id="9")], now=NOW)
    key = str(gone.pk)
    protection.remove(connection)
    gone.delete()
    found = [(p.table, p.key) for p in problems() if p.table != "triggers"]
    assert found == [("references_publicationnotice", key)]


def test_a_notice_without_its_entry_is_not_written(history, newsroom, monkeypatch):
    def full_disk(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(ledger, "append", full_disk)
    with pytest.raises(OSError, match="No space"):
        record.keep([retraction(newsroom.reference, record_id="2")], now=NOW)
    assert PublicationNotice.objects.count() == 1


def test_bulk_updates_behind_our_back_are_found(history, newsroom):
    article = newsroom.draft(slug="second", title="Second")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_block SET html = 'Take 500 mg.' WHERE article_id = %s", [article.pk])
    found = list(problems())
    assert [(p.table, p.key) for p in found] == [("articles_article", str(article.pk))]


def test_a_role_written_into_the_database_is_found(history, newsroom):
    newsroom.alice.groups.add(Group.objects.get(name="publisher"))
    assert [(p.table, p.key) for p in problems()] == [("auth_user", str(newsroom.alice.pk))]


def test_changed_bytes_of_a_page_are_found(newsroom):
    newsroom.live()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_page SET digest = 'x'")
    assert {p.table for p in problems()} == {"articles_page"}


def test_if_the_entry_cannot_be_written_the_act_does_not_happen(newsroom, monkeypatch):
    article = newsroom.approved()
    entries = LedgerEntry.objects.count()

    def full_disk(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(ledger, "append", full_disk)
    with pytest.raises(OSError, match="No space"):
        workflow.perform(article, "publish", newsroom.paul, NOW)
    with pytest.raises(OSError, match="No space"):
        newsroom.edit(article, reword("b1", "Other words."))
    article.refresh_from_db()
    assert (article.state, Edition.objects.count(), LedgerEntry.objects.count()) == ("approved", 0, entries)


def test_an_entry_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        ledger.append("step", [], actor="x", now=NOW)


def test_a_stamp_with_another_signature_is_found(history):
    protection.remove(connection)
    stamp = Checkpoint.objects.get()
    Checkpoint.objects.update(signature=("0" if stamp.signature[0] != "0" else "1") + stamp.signature[1:])
    assert "articles_checkpoint" in {p.table for p in problems()}


def test_verify_ledger_names_the_first_bad_row_and_fails(history):
    protection.remove(connection)
    edition = Edition.objects.first()
    Edition.objects.filter(pk=edition.pk).update(change_note="Nothing to see")
    with pytest.raises(CommandError, match=r"triggers|articles_edition"):
        call_command("verify_ledger")


def test_missing_protection_is_reported_at_the_start_and_put_back_by_migrate(db):
    protection.remove(connection)
    with pytest.raises(Exception, match="append-only triggers are missing"):
        call_command("check", databases=["default"])
    call_command("migrate", verbosity=0)
    assert protection.missing(connection) == []


def test_protection_that_cannot_be_looked_at_is_not_called_whole(monkeypatch):
    def silence(connection):
        raise OperationalError("The database does not answer.")

    monkeypatch.setattr(protection, "missing", silence)
    with pytest.raises(OperationalError):
        protection.check_triggers(databases=["default"])


def test_protection_survives_a_table_rebuild(transactional_db):
    """SQLite drops triggers when a migration rebuilds a table; the next migrate puts them back."""
    with connection.schema_editor() as editor:
        field = Review._meta.get_field("conflicts")
        changed = field.clone()
        changed.set_attributes_from_name("conflicts")
        changed.model = Review
        changed.max_length = 500
        editor._remake_table(Review, alter_fields=[(field, changed)]) if connection.vendor == "sqlite" else None
    if connection.vendor == "sqlite":
        assert "articles_review_keep_update" in protection.missing(connection)
    call_command("migrate", verbosity=0)
    assert protection.missing(connection) == []


def test_saved_versions_cannot_be_deleted_by_the_recorders_command(history):
    with pytest.raises(CommandError, match="never deleted"):
        call_command("deleterevisions")
    with pytest.raises(CommandError, match="never deleted"):
        call_command("remove_stale_contenttypes")


def test_erasing_names_leaves_the_record_whole(history, newsroom):
    roles.set_active(newsroom.alice, False, actor=newsroom.root, now=NOW, reason="Left")
    actor = ActorName.objects.get(user=newsroom.alice).actor
    ActorName.objects.filter(actor=actor).delete()
    assert list(problems()) == []
    assert ledger.names_of([actor]) == {actor: "former colleague"}


def test_articles_and_accounts_are_never_deleted(history, newsroom):
    with pytest.raises(TypeError, match="never deleted"):
        history.delete()
    with pytest.raises(TypeError):
        Article.objects.update(title="x")
