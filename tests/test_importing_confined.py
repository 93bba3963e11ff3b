"""Threats D6, M13: reading happens in a child process that cannot harm the one that asks."""

import subprocess
import sys

import pytest

from articles.importing import confined
from articles.importing.page import ImportRefused
from articles.importing.parsing import parse

PAGE = b"Title\n\nSome words.\n\n- one\n- two\n"


def test_the_child_reads_as_we_do():
    assert confined.parse("page.txt", PAGE) == parse("page.txt", PAGE)


def test_a_refusal_comes_back_as_the_same_sentence():
    with pytest.raises(ImportRefused, match="The file is empty"):
        confined.parse("page.txt", b"\n")


def test_a_file_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(confined, "WALL_SECONDS", 0.01)
    with pytest.raises(ImportRefused, match="took more than"):
        confined.parse("page.txt", PAGE)


def test_a_child_that_breaks_is_a_refusal(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ImportRefused, match="broke the reader"):
        confined.parse("page.txt", PAGE)


@pytest.mark.parametrize(
    "crime",
    ["bytearray(2**30)", "open('stolen.txt', 'w').write('x' * 10_000_000)", "[open('/dev/null') for _ in range(100)]"],
)
def test_a_confined_process_cannot(crime, tmp_path):
    code = f"from articles.importing.confined import _confine; _confine(); {crime}"
    environment = {"PYTHONPATH": str(confined._PROJECT)}
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False
    )
    assert child.returncode
