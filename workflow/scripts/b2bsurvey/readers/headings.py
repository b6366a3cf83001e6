"""What platforms write into headings: names of ids, times and persons in four languages, and questions with items.

The names are written as `raw.key` writes them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from b2bsurvey.readers.raw import Column

IDS = ("respondentid", "responseid")
STARTED = ("startdate", "starttime", "timestarted", "startzeit", "heurededébut", "oradiinizio")
SUBMITTED = (
    *("enddate", "submitdate", "datesubmitted", "timestamp", "completiontime"),
    *("fertigstellungszeit", "heuredefin", "oradicompletamento"),
)
EMAIL = (
    *("emailaddress", "emailadresse", "adresseemail", "adressedemessagerie", "indirizzoemail", "postaelettronica"),
    "recipientemail",
)
USERNAME = ("username", "benutzername", "nutzername", "nomdutilisateur", "nomeutente")
PLACE = (
    *("latitude", "longitude", "breitengrad", "längengrad", "latitudine", "longitudine"),
    *("locationlatitude", "locationlongitude"),
)
PERSONAL = (
    *("ipaddress", "ipadresse", "adresseip", "indirizzoip", "networkid", "useragent"),
    *("firstname", "lastname", "fullname", "vorname", "nachname", "prénom", "nomdefamille", "cognome"),
    *("recipientfirstname", "recipientlastname"),
    *EMAIL,
    *USERNAME,
    *PLACE,
)

_MOST_MARKS = 20  # in one heading


def taken_apart(headings: Sequence[str], mark: str, question_first: bool) -> tuple[Column, ...]:
    """Return the columns of headings that hold question and item on both sides of a mark (a regular expression).

    Questions hold marks too. What stands on the question's side of one is a question only where another column has
    the same question, with an item or alone; the first such mark counts.
    """
    parts = [list(_parts(heading, mark, question_first)) for heading in headings]
    n = Counter(question for found in parts for question in {q for q, _ in found})
    n.update(headings)
    columns = []
    for j, (heading, found) in enumerate(zip(headings, parts, strict=True), start=1):
        question, item = next(((q, i) for q, i in found if q and i and n[q] > 1), (heading, ""))
        columns.append(Column(j, "", question, item, heading=heading if item else ""))
    return tuple(columns)


def _parts(heading: str, mark: str, question_first: bool) -> Iterator[tuple[str, str]]:
    """Yield what may be question and item of a heading."""
    for found in islice(re.finditer(mark, heading), _MOST_MARKS):
        before, behind = heading[: found.start()].strip(), heading[found.end() :].strip()
        yield (before, behind) if question_first else (behind, before)
