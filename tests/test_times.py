"""Times of platform columns: every form that platforms write, and no guess where the order of day and month is open."""

import pandas as pd
import pytest

from b2bsurvey.readers.times import times


def read(*texts):
    return [None if pd.isna(t) else str(t) for t in times(pd.Series(texts, dtype="str"))]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-06-08 10:36:30", "2020-06-08 10:36:30"),
        ("2020-06-08T10:36", "2020-06-08 10:36:00"),
        ("27.04.2026 11:34", "2026-04-27 11:34:00"),
        ("27.04.26 11:34", "2026-04-27 11:34:00"),
        ("8/20/25 12:51:45", "2025-08-20 12:51:45"),
        ("2016/04/22 7:57:50 PM GMT+2", "2016-04-22 19:57:50"),
        ("2016/04/22 12:05:00 AM GMT-5", "2016-04-22 00:05:00"),
        ("22/04/2026 19.07.17", "2026-04-22 19:07:17"),
        ("2018-07-16T08:42:23.990+03", "2018-07-16 08:42:23"),
        ("29-12-2018 23:46", "2018-12-29 23:46:00"),
        ("06/08/2020 10:36:30 AM", "2020-06-08 10:36:30"),
        ("4/22/2016 19:57:50", "2016-04-22 19:57:50"),
        ("12/31/2016 12:05:00 AM", "2016-12-31 00:05:00"),
        ("12/31/2016 12:05:00 PM", "2016-12-31 12:05:00"),
        ("43290.5", "2018-07-09 12:00:00"),
        ("1980-01-01 00:00:00", None),
        ("2020-13-45", None),
        ("0000-00-00 00:00:00", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_forms(text, time):
    assert read(text) == [time]


def test_the_column_tells_whether_the_day_or_the_month_comes_first():
    assert read("3/4/2020 10:00", "25/4/2020 10:00") == ["2020-04-03 10:00:00", "2020-04-25 10:00:00"]
    assert read("3/4/2020 10:00", "4/25/2020 10:00") == ["2020-03-04 10:00:00", "2020-04-25 10:00:00"]


def test_what_the_column_does_not_tell_is_not_guessed():
    assert read("3/4/2020 10:00", "5/6/2020 11:00") == [None, None]
    assert read("25/4/2020", "4/25/2020") == [None, None]
