"""Which roles the questions of a draft may have, told by their words and kinds; a person confirms them."""

from collections.abc import Sequence

from b2bsurvey.drafts.question import DraftQuestion
from b2bsurvey.drafts.vocabulary import asks_for_consent, role_of


def roles(questions: Sequence[DraftQuestion]) -> dict[str, list[DraftQuestion]]:
    """Return the questions that each role may be for, each question under the first role that fits its words."""
    found: dict[str, list[DraftQuestion]] = {}
    for question in questions:
        role = role_of(question.type, " ".join(question.text.values()))
        if role is not None:
            found.setdefault(role, []).append(question)
    return found


def consent(questions: Sequence[DraftQuestion]) -> tuple[DraftQuestion, str] | None:
    """Return the question that asks for consent and the code of the answer that gives it, None without one."""
    for question in questions:
        if question.type == "single" and asks_for_consent(" ".join(question.text.values())):
            return question, next((a.code for a in question.answers if a.code == "yes"), question.answers[0].code)
    return None
