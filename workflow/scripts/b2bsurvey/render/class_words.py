"""What latent classes are called, and what tells each apart from all respondents."""

from collections.abc import Mapping

from b2bsurvey.render.catalogue import Catalogue

NAMED_AT_MOST = 3
CLEARLY = 1.1  # a probability over that of all respondents from which on an item is named


def class_name(number: str, say: Catalogue) -> str:
    """Return the name of a class: Class 1."""
    return say("class_name", number=number)


def class_sentence(number: str, lifts: Mapping[str, float], say: Catalogue) -> str:
    """Return a sentence on a class: its items by `lifts`, how many times as likely as among all, by label."""
    highest = sorted(lifts, key=lambda label: -lifts[label])[:NAMED_AT_MOST]
    named = [say("class_item", label=label) for label in highest if lifts[label] >= CLEARLY]
    values = list(lifts.values())
    if values and max(values) < 1:
        what = say("class_below")
    elif values and min(values) > 1 and named:
        what = say("class_all_above", labels=", ".join(named))
    else:
        what = say("class_above", labels=", ".join(named)) if named else say("class_alike")
    return say("class_sentence", name=class_name(number, say), what=what)
