"""Every byte of every column of the record: `python bench/campaign_tampering.py [EVERY] [SEED]` (T1).

Flips one bit of each byte of each value in each append-only table of a small, lively record, and asks the check of
the record for the row's name. EVERY 1 means every byte; 20 means a twentieth of them, chosen at random.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site


def main(every: int = 1, seed: int = 1) -> int:
    chance, started = random.Random(seed), time.perf_counter()
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    with scratch_site():
        from django.db import connection

        from articles import protection

        lively_record()
        protection.remove(connection)
        for table in protection.tables():
            for key, column, value, changed in flips(table, every, chance):
                total[table] += 1
                named = is_named(table, key, column, changed)
                found[table] += named
                if not named:
                    print(f"not found: {table} {key}, {column}: {value!r:.60} → {changed!r:.60}")
    for table in total:
        print(f"  {found[table]:>8,} of {total[table]:>8,}  {table}")
    missed = total.total() - found.total()
    print(f"{found.total():,} of {total.total():,} changed bytes found and named to the row (goal: all); one byte in "
          f"{every}; seed {seed}; {time.perf_counter() - started:.0f} s")  # fmt: skip
    return 1 if missed else 0


def lively_record() -> None:
    """One article with two versions, a withheld statement, a withdrawal; roles, a policy, a stamp."""
    from articles import checkpoints, roles
    from tests.people import NOW, Newsroom, reword

    newsroom = Newsroom()
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given once, and only once – ‘so’."))
    newsroom.do(article, "submit", newsroom.alice, reason="Clearer")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b1", words="Being checked", reason="A letter")
    newsroom.do(article, "withdraw", newsroom.paul, words="We are checking this page.", reason="Wrong dose")
    roles.set_roles(newsroom.anna, {"author", "editor"}, actor=newsroom.root, now=NOW, reason="New post")
    checkpoints.stamp(NOW)


def flips(table: str, every: int, chance: random.Random) -> Iterator[tuple[Any, str, Any, Any]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            for changed in changes(value):
                if chance.randrange(every) == 0:
                    yield row[0], column, value, changed


def changes(value: Any) -> Iterator[Any]:
    """The value with one bit of one byte flipped, byte after byte, or white space after it; a number with its last bit
    flipped."""
    if isinstance(value, int):
        yield value ^ 1
    elif isinstance(value, str):
        data = value.encode()
        for place in range(len(data)):
            flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            yield flipped.decode("utf-8", "replace")
        yield f"{value} "  # around JSON, reading does not tell it
    elif isinstance(value, bytes):
        for place in range(len(value)):
            yield value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
    elif value is None:
        yield 1


def is_named(table: str, key: Any, column: str, changed: Any) -> bool:
    """Whether the check names the row, by its old key or by its new one."""
    from django.db import connection, transaction

    from articles.verification import problems

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        first = "sequence" if table == "articles_ledgerentry" else "id"
        try:
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {first} = %s", [changed, key])
            return any(p.table == table and p.key in (str(key), str(changed)) for p in problems())
        except Exception as error:
            if "constraint" in str(error).lower():
                return True  # the database itself refused it
            print(f"the check broke: {table} {key} {column} {changed!r:.60}: {error!r}")
            return False
        finally:
            transaction.set_rollback(True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
