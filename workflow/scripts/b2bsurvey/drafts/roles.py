"""Which roles the questions of a draft may have, told by their words and kinds; a person confirms them."""

import re
from collections.abc import Mapping, Sequence

from b2bsurvey.columns import normal
from b2bsurvey.drafts.question import DraftQuestion
from b2bsurvey.questionnaire import SEGMENT_ROLES

_CLOSED = ("single",)
_SEVERAL = ("tick_all", "battery", "grid", "ranking")
# role → types of questions, words of their texts in en, de, fr, it; the first role that fits is suggested
_ROLES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "firm_size": (
        _CLOSED,
        "how many (people|employees|persons).*(work|employ|compan|organi[sz]ation|firm)|number of employees|company size"
        "|size of (the|your) (company|firm|organi)|staff|mitarbeit(er|ende)|beschäftigte|unternehmensgrösse|betriebsgrösse"
        "|collaborateurs|employés|taille de (l'|votre )|effectif|dipendenti|addetti|dimensione dell",
    ),
    "team_size": (_CLOSED, "(size|people|persons).*\\bteam|team size|teamgrösse|taille de l'équipe|dimensione del team"),
    "sector": (_CLOSED, "\\bindustr(y|ies)\\b|\\bsector|branche|wirtschaftszweig|secteur|settore|discipline"),
    "region": (
        _CLOSED,
        "countr(y|ies)|\\bregion|\\bcanton|where .*(located|based|live)|\\bkanton|in welchem land|standort|\\bpays\\b"
        "|\\bpaese\\b|location",
    ),
    "business_type": (_CLOSED, "b2b|b2c|(sell|sells) to|type of (business|customer)|verkauf.* an wen|kundenart|vend-elle|vende"),
    "respondent_role": (
        _CLOSED,
        "your (primary |current )?(role|position|function|job)|job (title|level)|ihre (funktion|position|rolle)"
        "|votre (fonction|rôle|poste)|(sua|suo) (funzione|ruolo)|responsib",
    ),
    "adopter": (
        _CLOSED,
        "(does|do) (your|you).*\\buse\\b.*social media|have .*(profile|account)|nutz(t|en).*(social media|soziale)"
        "|utilise.*(médias|réseaux) sociaux|(utilizza|usa).*social",
    ),
    "intention": (_CLOSED, "(plan|intend)(s|ning)? to (use|start|adopt)|planen sie|prévoyez|intende"),
    "strategy": (_CLOSED, "strateg(y|ie|ia)|formal policy|documented"),
    "channels": (
        _SEVERAL,
        "which (social )?(channels|networks|platforms|media|social)|welche (kanäle|plattformen|netzwerke|sozialen)"
        "|quels (canaux|réseaux|médias)|quali (canali|reti|piattaforme|social)",
    ),
    "barriers": (
        _SEVERAL,
        "barrier|obstacle|keeps? (your|you)|prevents?|hinder|challenge|hürde|hindernis|hinder(t|n)|freins?\\b|empêche"
        "|ostacol|impedisc",
    ),
    "purposes": (_SEVERAL, "purpose|what .*(use|used) .*for|zweck|wozu|\\bbuts?\\b|finalité|scop[oi]\\b"),
    "policies": (_SEVERAL, "polic(y|ies)|richtlinie|directives?|regol"),
    "practices": (_SEVERAL, "how often (does|do) your (company|firm|organi)|wie oft .*(firma|unternehmen)"),
    "results": (_SEVERAL, "benefit|results?\\b|outcome|success|nutzen\\b|erfolg|bénéfices?|résultat|benefici|risultat"),
    "trust": (_SEVERAL, "trust|vertrauen|confiance|fiducia"),
    "pressure": (_SEVERAL, "pressure|expect(s|ed)? (you|your|us)|druck|pression"),
    "affinity": (_SEVERAL, "(enjoy|interested in|affinity).*(technolog|social|internet)|affinit"),
}
_CONSENT = re.compile(r"\bconsent|agree to (take part|participate)|einwillig|einverstanden|consentement|acconsent|consenso")


def roles(questions: Sequence[DraftQuestion]) -> dict[str, list[DraftQuestion]]:
    """Return the questions that each role may be for, each question under the first role that fits its words."""
    found: dict[str, list[DraftQuestion]] = {}
    for question in questions:
        text = normal(" ".join(question.text.values()))
        for role, (types, words) in _ROLES.items():
            if question.type in types and re.search(words, text) and (role in SEGMENT_ROLES or len(text) < 400):
                found.setdefault(role, []).append(question)
                break
    return found


def consent(questions: Sequence[DraftQuestion]) -> tuple[DraftQuestion, str] | None:
    """Return the question that asks for consent and the code of the answer that gives it, None without one."""
    for question in questions:
        if question.type == "single" and _CONSENT.search(normal(" ".join(question.text.values()))):
            return question, next((a.code for a in question.answers if a.code == "yes"), question.answers[0].code)
    return None
