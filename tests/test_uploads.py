"""Uploaded pictures: drawn anew, named by what they are, refused from the header when they would flood."""

import io
import struct
import zlib

import pytest
from PIL import Image

from articles.canonical import digest_bytes
from articles.drafting import Refused
from articles.models import Figure, LedgerEntry
from articles.uploads import LONGEST_SIDE, redrawn, store_picture
from tests.desk import page_of, signed_in
from tests.people import NOW


def picture(size=(40, 30), mode="RGB", form="PNG", color=None, **options):
    target = io.BytesIO()
    Image.new(mode, size, color or ((200, 20, 20) if mode == "RGB" else 0)).save(target, form, **options)
    return target.getvalue()


def png_header(width, height):
    """A PNG that claims a size and holds no pixels."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + body
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + b"\x00\x00\x00\x00IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_become_webp(form):
    drawn, width, height = redrawn(picture(form=form))
    assert (width, height) == (40, 30)
    with Image.open(io.BytesIO(drawn)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (40, 30))


def test_nothing_of_the_file_that_came_in_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "patient Jane Doe"
    exif[0x8825] = {1: "N"}
    content = picture(form="JPEG", exif=exif, comment=b"secret") + b"<script>alert(1)</script>PK\x03\x04"
    drawn, _, _ = redrawn(content)
    for secret in (b"Jane", b"secret", b"script", b"PK\x03\x04", b"EXIF"):
        assert secret not in drawn


def test_a_picture_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    _, width, height = redrawn(picture(size=(40, 20), form="JPEG", exif=exif))
    assert (width, height) == (20, 40)


def test_huge_pictures_are_made_smaller():
    _, width, height = redrawn(picture(size=(4_000, 1_000)))
    assert (width, height) == (LONGEST_SIDE, 500)


def test_transparency_is_kept():
    drawn, _, _ = redrawn(picture(mode="RGBA", color=(0, 0, 0, 0)))
    with Image.open(io.BytesIO(drawn)) as shown:
        assert shown.mode == "RGBA"


@pytest.mark.parametrize("size", [(7_000, 7_000), (20_000, 20_000), (60_000, 60_000), (1_000_000, 1)])
def test_pixel_floods_are_refused_from_the_header(size):
    with pytest.raises(Refused) as refusal:
        redrawn(png_header(*size))
    assert "pixels" in refusal.value.reasons[0] or "broken" in refusal.value.reasons[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        picture()[:60],
        picture(form="JPEG")[:200],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    ],
    ids=["empty", "gif", "svg", "html", "pdf", "half a png", "half a jpeg", "zeros"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content):
    with pytest.raises(Refused) as refusal:
        redrawn(content)
    assert refusal.value.reasons[0].endswith(".")


def test_too_many_bytes_are_refused():
    with pytest.raises(Refused, match="at most 10 MB"):
        redrawn(b"\x89PNG" + b"x" * 10_000_001)


def test_the_same_picture_is_kept_once(newsroom):
    first = store_picture(picture(), actor=newsroom.alice, now=NOW)
    again = store_picture(picture(), actor=newsroom.edward, now=NOW)
    assert first == again
    assert first.name == f"{digest_bytes(bytes(first.content))}.webp"
    assert LedgerEntry.objects.filter(kind="picture").count() == 1


@pytest.mark.parametrize("who", ["rita", "audrey"])
def test_reviewers_and_auditors_upload_nothing(newsroom, who):
    with pytest.raises(Refused, match="Only authors"):
        store_picture(picture(), actor=getattr(newsroom, who), now=NOW)
    assert not Figure.objects.exists()


def test_the_desk_answers_facts_or_a_sentence(newsroom):
    client = signed_in(newsroom.alice)
    good = client.post("/admin/articles/figure/upload/", {"picture": io.BytesIO(picture())})
    assert good.json()["width"] == 40
    bad = client.post("/admin/articles/figure/upload/", {"picture": io.BytesIO(b"nonsense")})
    assert bad.status_code == 400
    assert "not a PNG" in bad.json()["problem"]
    assert client.post("/admin/articles/figure/upload/").status_code == 400
    assert client.get("/admin/articles/figure/upload/").status_code == 405
    (found,) = client.get("/admin/articles/figure/find/").json()["results"]
    shown = client.get(f"/admin/articles/figure/file/{found['file']}")
    assert shown.headers["Content-Type"] == "image/webp"


def test_strangers_see_no_picture_of_a_draft(client, newsroom):
    figure = store_picture(picture(), actor=newsroom.alice, now=NOW)
    assert client.get(f"/media/{figure.name}").status_code == 404
    assert "/admin/login/" in client.get(f"/admin/articles/figure/file/{figure.name}").url
    assert client.post("/admin/articles/figure/upload/", {"picture": io.BytesIO(picture())}).status_code == 302


def test_an_auditor_sees_pictures_and_adds_none(newsroom):
    figure = store_picture(picture(), actor=newsroom.alice, now=NOW)
    client = signed_in(newsroom.audrey)
    assert client.get(f"/admin/articles/figure/file/{figure.name}").status_code == 200
    refused = client.post("/admin/articles/figure/upload/", {"picture": io.BytesIO(picture((9, 9)))})
    assert "Only authors" in refused.json()["problem"]
    assert figure.name in page_of(client.get("/admin/articles/figure/"))
