"""YAML is read strictly: each surprise is an error with its line."""

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.strict_yaml import load_yaml, parse_yaml


def parse(text):
    return parse_yaml(text.encode(), "study.yaml").data


def test_text_stays_text():
    found = parse("{country: NO, version: 1.10, zip: 0123, day: 2013-05-01, time: 12:30, yes: yes, 2013: x}")
    assert found == {
        "country": "NO",
        "version": "1.10",
        "zip": "0123",
        "day": "2013-05-01",
        "time": "12:30",
        "yes": "yes",
        "2013": "x",
    }


def test_plain_numbers_and_booleans_have_their_type():
    assert parse("[1, -2, 0.95, true, false, null, '1', \"true\"]") == [1, -2, 0.95, True, False, None, "1", "true"]


def test_lines_are_known():
    document = parse_yaml(b"a:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yaml")
    assert document.where("a", "b") == "f.yaml, line 2"
    assert document.where("a", "c", 1) == "f.yaml, line 5"
    assert document.where("a", "c", 1, "deeper") == "f.yaml, line 5"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\nb: 2\na: 3\n", "f.yaml, line 3: the key 'a' stands here again (first on line 1); keep one."),
        (b"a: &x 1\nb: *x\n", "f.yaml, line 1: anchors and aliases (& and *) are not used here; write it out."),
        (b"a:\n\tb: 1\n", "f.yaml, line 2: a tab stands where only spaces may; indent with spaces."),
        (b"a: !!python/object/apply:os.system [ls]\n", "is not allowed; remove it."),
        (b"a: !mine 1\n", "f.yaml, line 1: the tag '!mine' is not allowed; remove it."),
        ("a: Zürich\n".encode("latin-1"), "f.yaml, line 1: a character is not UTF-8; save the file as UTF-8."),
        (b"a: [1, 2\nb: 3\n", "f.yaml, line 2: this is not YAML"),
        (b"? [a, b]\n: 1\n", "f.yaml, line 1: a key must be one word, not a list or mapping."),
        (b"a: " + b"[" * 200_000, "f.yaml, line 1: more than 60 levels are nested; flatten them."),
        (b"a:\n  <<: {b: 1}\n", "f.yaml, line 2: merge keys (<<) are not used here; write the keys out."),
        (b"x" * 6_000_000, "f.yaml: the file has 6,000,000 bytes, more than the 5,000,000 allowed."),
    ],
)
def test_surprises_are_errors(content, sentence):
    with pytest.raises(StudyError) as error:
        parse_yaml(content, "f.yaml")
    assert sentence in str(error.value)


def test_byte_order_mark_is_no_part_of_the_first_key():
    assert parse_yaml(b"\xef\xbb\xbfa: 1\n", "f.yaml").data == {"a": 1}


def test_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "lucerne.yaml").write_text("a: 1\n")
    with pytest.raises(StudyError, match=r"there is no such file; did you mean 'lucerne.yaml'\?"):
        load_yaml(tmp_path / "luzerne.yaml")
