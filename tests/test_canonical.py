"""Equal content gives equal bytes."""

import hashlib

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from articles.canonical import NotCanonical, canonical, digest, digest_bytes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_the_fast_road_writes_what_the_library_of_the_standard_writes(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_utf_16_units_as_rfc_8785_asks():
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "é": 3, "a": 4}) == '{"a":4,"é":3,"😀":2,"\ufb33":1}'.encode()


def test_bytes_and_digest_are_fixed_for_ever():
    content = {"b": [1, True, None], "a": '10⁵ "mg"\n'}
    assert canonical(content) == '{"a":"10⁵ \\"mg\\"\\n","b":[1,true,null]}'.encode()
    assert digest(content) == hashlib.sha256(canonical(content)).hexdigest() == digest_bytes(canonical(content))


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), {"a": [{"b": 0.1}]}, (1, 2.0)])
def test_floats_are_refused_wherever_they_hide(value):
    with pytest.raises(NotCanonical, match="floating-point"):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {1: "a"}, {"a": b"x"}, "\ud800", object(), {"a": {"b": {1, 2}}}])
def test_what_json_cannot_hold_alike_everywhere_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=5))
def test_the_order_of_keys_does_not_matter(content):
    try:
        expected = canonical(content)
    except NotCanonical:
        return
    assert canonical(dict(reversed(content.items()))) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_different_texts_have_different_bytes(one, other):
    assert (canonical([one]) == canonical([other])) == (one == other)
