"""Words that questionnaires use in English, German, French, Italian and Spanish, and what they mean for a draft."""

import re

from b2bsurvey.columns import normal

_NO_ANSWER = "no answer|no response|missing|keine antwort|nicht beantwortet|sans réponse|nessuna risposta|sin respuesta"
# in the order in which they are tried; a label is compared as `columns.normal` writes it
_MISSING = {
    "not_shown": "not (shown|displayed|asked)|nicht (gezeigt|gestellt)|non (affichée|posée)|non (mostrata|posta)",
    "refused": (
        "(i('d| would)? )?(prefer not|rather not|do not wish|don't want)( to)?( (say|answer|disclose|respond|tell))?"
        "|refused?|refusal|keine angaben?|k\\. ?a\\.|möchte (ich )?nicht (sagen|beantworten)|verweigert"
        "|(je )?(ne souhaite pas|préfère ne pas) (répondre|le dire)|refus( de répondre)?"
        "|preferisco non (rispondere|dirlo)|rifiuto|prefiero no (contestar|responder|decirlo)|no contesta"
    ),
    "dont_know": (
        "(i )?(do not |don't |dont |don't|dont_?)(know|remember)( .{0,30})?|(i'm |i am )?(not sure|unsure)|no idea|no opinion"
        "|(can't|cannot) (say|judge)|(ich )?wei(ss|ß) (es |ich )?nicht|kann ich nicht (sagen|beurteilen)|keine ahnung"
        "|(je )?(ne )?sais pas|je ne sais pas|ne sai[st] pas|ne se prononce pas|sans opinion"
        "|non (lo )?so|nessuna opinione|no (lo )?sé|no sabe"
    ),
    "not_applicable": (
        "(not|non) applicable|n/a|n\\. ?a\\.|does not apply|(ist )?nicht (zutreffend|anwendbar)|entfällt|sans objet"
        "|non concernée?|non applicabile|no aplica|no procede"
    ),
    "not_answered": f"{_NO_ANSWER}|no_answer|na|-+|\\.+|\\?+",
}
_REASONS = {reason: re.compile(pattern) for reason, pattern in _MISSING.items()}
_YES = ("yes", "ja", "oui", "sì", "si", "sí", "true", "wahr", "vrai", "vero")
_NO = ("no", "nein", "non", "false", "falsch", "faux", "falso")
_OTHER = re.compile(
    r"(an)?other\b.{0,40}|(etwas )?andere[rs]?\b.{0,30}|sonstige[rs]?\b.{0,30}|autres?\b.{0,30}|altr[oiae]\b.{0,30}"
    r"|otr[oa]s?\b.{0,30}|-oth-"
)
_NONE = re.compile(
    r"none\b.{0,30}|nothing|(i |we )?do not use any.{0,30}|keine[rs]? (davon|der genannten.*)|nichts davon|aucune?\b.{0,30}"
    r"|ness?un[oa]\b.{0,30}|ningun[oa]\b.{0,30}|not involved\b.{0,30}"
)
_EXCLUSIVE = re.compile(r"no formal .{0,20}|never .{0,40}|noch nie .{0,30}|jamais .{0,30}|mai .{0,30}")
# what an open column must not be headed by: whatever it holds may name a person
_PERSONAL = re.compile(
    r"e-?mail|ip[ -]?addr\w*|ip-?adress\w*|phone|telefon\w*|téléphone|telefono|teléfono|mobile (number|phone)"
    r"|(first|last|full|family|your|respondent|contact)[ _-]?name|vorname|nachname|prénom|cognome|apellidos?|nombre"
    r"|postal code|zip( code)?|postcode|postleitzahl|plz|code postal|street|strasse|straße|rue|indirizzo|address"
    r"|date of birth|birth ?date|geburtsdatum|(your|ihr|votre) name|contact details|kontaktdaten"
)
_PERSONAL_ALONE = ("name", "nom", "nome", "names", "contact", "kontakt", "mail", "tel", "adresse", "city", "ort", "initials")

# from low to high; words that mean the same are parted by =
_SCALES = tuple(
    tuple(tuple(normal(word) for word in step.split("=")) for step in scale.split(" < "))
    for scale in (
        "strongly disagree=completely disagree=totally disagree=fully disagree=disagree strongly=disagree completely"
        " < disagree=mostly disagree < somewhat disagree=rather disagree=slightly disagree=tend to disagree"
        "=disagree a little=disagree somewhat < neither agree nor disagree=neither agree or disagree=neither=neutral"
        "=undecided < somewhat agree=rather agree=slightly agree=tend to agree=agree a little=agree somewhat"
        " < agree=mostly agree < strongly agree=completely agree=totally agree=fully agree=agree strongly=agree completely",
        "stimme überhaupt nicht zu=stimme gar nicht zu < stimme nicht zu < stimme eher nicht zu < teils/teils=teils teils"
        "=neutral=weder noch=unentschieden < stimme eher zu < stimme zu < stimme voll zu=stimme voll und ganz zu"
        "=stimme vollständig zu",
        "trifft überhaupt nicht zu=trifft gar nicht zu < trifft nicht zu < trifft eher nicht zu < teils/teils=teils teils"
        "=neutral < trifft eher zu < trifft zu < trifft voll zu=trifft voll und ganz zu=trifft vollständig zu",
        "pas du tout d'accord < pas d'accord < plutôt pas d'accord < ni d'accord ni pas d'accord=neutre=indécis"
        " < plutôt d'accord < d'accord < tout à fait d'accord=entièrement d'accord",
        "per niente d'accordo=fortemente in disaccordo < non d'accordo=in disaccordo < piuttosto in disaccordo"
        "=poco d'accordo < né d'accordo né in disaccordo=neutrale=indeciso < abbastanza d'accordo=piuttosto d'accordo"
        " < d'accordo < molto d'accordo=completamente d'accordo=pienamente d'accordo",
        "totalmente en desacuerdo=muy en desacuerdo < en desacuerdo < ni de acuerdo ni en desacuerdo=neutral"
        " < de acuerdo < muy de acuerdo=totalmente de acuerdo",
        "never=not at all < almost never=hardly ever < very rarely < rarely=seldom < once in a while=occasionally"
        "=now and then < sometimes < about half the time=half the time < often=frequently=regularly < usually=most of the time"
        " < very often < almost always < always=every time",
        "never < less often than yearly=less than once a year < once a year or less=yearly=once a year=a few times per year"
        " < less often than monthly=less than monthly=less than once a month < once a month or less < monthly=once a month"
        "=a few times per month < less than weekly=less than once a week < weekly=once a week=a few times per week"
        "=several times a week < almost daily < daily=every day=once a day < several times a day=multiple times a day"
        " < hourly < all the time",
        "nie=niemals=gar nicht < fast nie < sehr selten < selten < gelegentlich=ab und zu < manchmal < regelmässig < häufig=oft"
        " < sehr häufig=sehr oft < fast immer < immer=ständig",
        "nie < seltener < jährlich < monatlich=einmal im monat < mehrmals im monat < wöchentlich=einmal pro woche"
        " < mehrmals pro woche < täglich < mehrmals täglich",
        "jamais < presque jamais < rarement < parfois=quelquefois=de temps en temps < régulièrement < souvent"
        " < très souvent < presque toujours < toujours",
        "mai < quasi mai < raramente < a volte=qualche volta=talvolta < regolarmente < spesso < molto spesso < quasi sempre"
        " < sempre",
        "nunca < casi nunca < raramente=rara vez < a veces < a menudo < muy a menudo < casi siempre < siempre",
        "very poor=very bad=terrible < poor=bad=weak < fair=average=ok=okay=acceptable=satisfactory < good < very good"
        " < excellent=outstanding",
        "sehr schlecht < schlecht < mittelmässig=mittel=befriedigend < gut < sehr gut < ausgezeichnet",
        "very low < low < medium=moderate=middle=average < high < very high",
        "sehr niedrig=sehr tief < niedrig=tief=gering < mittel < hoch < sehr hoch",
        "très faible < faible < moyen=moyenne < élevé=élevée < très élevé=très élevée",
        "molto basso < basso < medio < alto < molto alto",
        "none=nothing=not at all=none at all=nothing at all < almost nothing=very little=hardly=not very much < not much"
        "=a little=little < some=somewhat=a moderate amount=moderately < quite a bit=a good deal < a lot=much < a great deal"
        "=very much < completely",
        "gar nicht=überhaupt nicht=nichts < kaum=sehr wenig < wenig=etwas < teilweise=mittel < ziemlich < stark=viel"
        " < sehr stark=sehr viel=sehr < vollständig=völlig",
        "pas du tout < très peu < un peu=peu < moyennement < assez < beaucoup < énormément",
        "per niente < molto poco < poco < abbastanza < molto < moltissimo",
        "small < middle=medium < large < very large",
        "much worse < worse=somewhat worse < about the same=the same=same=unchanged < better=somewhat better < much better",
        "decrease=decreased=less=will decrease < same=no change=unchanged=about the same < increase=increased=more=will increase",
        "under ten < tens < hundreds < thousands < tens of thousands < hundreds of thousands < millions",
        "not relevant for me=not useful < somewhat useful=useful < very useful < critical to me=critical",
        "micro < small < medium < large",
    )
)
# how strongly a word before an adjective affirms it; the adjective may be negated by its prefix
_DEGREES = {
    **dict.fromkeys(("extremely", "extrem", "äusserst", "extrêmement", "estremamente"), 3.0),
    **dict.fromkeys(("very", "sehr", "très", "molto", "muy", "highly", "completely"), 2.0),
    **dict.fromkeys(("quite", "ziemlich", "assez", "abbastanza", "bastante", "fairly"), 1.5),
    **dict.fromkeys(("moderately", "somewhat", "rather", "eher", "plutôt", "piuttosto", "mässig"), 1.0),
    **dict.fromkeys(("slightly", "a little", "etwas", "un peu", "un po'"), 0.5),
    **dict.fromkeys(("not so", "not too", "not very", "weniger", "peu", "poco", "nicht sehr", "not really"), -0.5),
    **dict.fromkeys(("not", "nicht", "pas", "non"), -1.0),
    **dict.fromkeys(("not at all", "gar nicht", "überhaupt nicht", "pas du tout", "per niente", "für nada"), -2.0),
}
_LONGEST_FIRST = sorted(_DEGREES, key=len, reverse=True)
_NEGATED = ("un", "dis", "in", "im", "ir", "insoddisfatto")
_BETWEEN = re.compile(r"(neither|weder|ni|né)\b.*|neutral|neutre|neutrale|undecided|teils.*|indifferent")
_UNITS = {
    **dict.fromkeys(("hour", "stunde", "heure", "ora", "ore"), 1 / 24),
    **dict.fromkeys(("day", "tag", "jour", "giorn"), 1.0),
    **dict.fromkeys(("week", "woche", "semaine", "settiman"), 7.0),
    **dict.fromkeys(("month", "monat", "mois", "mes"), 30.4),
    **dict.fromkeys(("year", "jahr", "an", "anno", "anni"), 365.0),
}
_UNIT = re.compile(rf"\b({'|'.join(sorted(_UNITS, key=len, reverse=True))})[a-zé]*\b")
_BELOW = re.compile(r"<|≤|next|within|nächste|prochain|prossim|less|under|below|fewer|up to|at most|weniger|unter|bis\b|höchstens|moins|jusqu|meno|fino|menos|younger")
_ABOVE = re.compile(r">|≥|\+|more|over|above|greater|at least|older|mehr|über|ab\b|älter|mindestens|plus|più|oltre|más")
_WORD_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ONCE = {"once": 1.0, "twice": 2.0, "einmal": 1.0, "zweimal": 2.0, "never": 0.0, "nie": 0.0, "jamais": 0.0, "mai": 0.0}
_FIRST_NUMBER = re.compile(r"\d[\d,.'’ ]*(?:k\b|m\b)?")
# function words by which the language of headings is told
_FUNCTION_WORDS = {
    "en": "the of and to your you how what which do does is are in for have with please",
    "de": "der die das und ihr ihre sie wie was welche ist sind in für haben mit bitte nicht ein eine",
    "fr": "le la les des et votre vous quel quelle quels est sont dans pour avez avec une de que",
    "it": "il lo gli della di e la sua vostra quale quali è sono nella per avete con una che come",
}


def missing_reason(label: str) -> str | None:
    """Return the missing reason that an answer's text states, None where it states an answer."""
    text = normal(label)
    if text.endswith(("(n/a)", "(not applicable)")):
        return "not_applicable"
    text = text.strip(" .!()") or text
    return next((reason for reason, pattern in _REASONS.items() if pattern.fullmatch(text)), None)


def is_other(label: str) -> bool:
    """Return whether an answer or option is "other", to be completed in one's own words."""
    return _OTHER.fullmatch(normal(label)) is not None


def is_exclusive(label: str) -> bool:
    """Return whether an option of a tick-all set says that none of the others holds."""
    text = normal(label)
    return any(p.fullmatch(text) for p in (_NONE, _EXCLUSIVE)) or missing_reason(label) is not None


def yes_or_no(label: str) -> str | None:
    """Return `yes` or `no` for an answer that says no more than that."""
    text = normal(label)
    return "yes" if text in _YES else "no" if text in _NO else None


def is_personal(heading: str) -> bool:
    """Return whether what stands in an open column of this heading may name a person."""
    text = normal(heading.replace("_", " "))
    return _PERSONAL.search(text) is not None or text in _PERSONAL_ALONE


def language_of(headings: list[str]) -> str | None:
    """Return the language (en, de, fr, it) whose function words stand in headings most often, None without any."""
    words = normal(" ".join(headings)).replace("?", " ").split()
    found = {language: sum(w in known.split() for w in words) for language, known in _FUNCTION_WORDS.items()}
    best = max(found, key=lambda language: found[language])
    return best if found[best] else None


def order_of(labels: list[str]) -> list[int] | None:
    """Return the places of labels in ascending order, None where they are no scale that is known.

    They are one when all are steps of a usual scale, when all are degrees of one adjective (very favourable to very
    unfavourable), or when all say different numbers or ranges of them.
    """
    if len(labels) < 2:
        return None
    texts = [normal(label).strip(" .") for label in labels]
    for values in (_numbered(texts), *_steps(texts), _degrees(texts), _ranges(texts)):
        if values is not None and len(set(values)) == len(values):
            return sorted(range(len(values)), key=lambda i: values[i])
    return None


def _numbered(texts: list[str]) -> list[float] | None:
    """Return the codes before the texts: `1 (none at all)`, `2`, `5 - mostly others`."""
    found = [re.match(r"(-?\d+)(?:\.0)?(?=$|[ .:)(-])", text) for text in texts]
    if not all(found):
        return None
    values = [float(match[1]) for match in found if match]
    consecutive = max(values) - min(values) < 2 * len(values) and max(values) <= 20
    return values if consecutive and not any(re.search(r"\d.*[-–].*\d", text) for text in texts) else None


def _steps(texts: list[str]) -> list[list[float] | None]:
    """Return the places of the texts in each usual scale that has all of them."""
    found: list[list[float] | None] = []
    for scale in _SCALES:
        place = {word: float(i) for i, step in enumerate(scale) for word in step}
        if all(text in place for text in texts):
            found.append([place[text] for text in texts])
    return found


def _degrees(texts: list[str]) -> list[float] | None:
    """Return how far each text affirms the adjective that all of them share."""
    read = [_degree(text) for text in texts]
    heads = {head for _, head in read if head}
    roots = {next((head.removeprefix(n) for n in _NEGATED if head.removeprefix(n) in heads), head) for head in heads}
    if len(roots) != 1:
        return None
    root = roots.pop()
    return [value if head in ("", root) else -value for value, head in read]


def _degree(text: str) -> tuple[float, str]:
    if _BETWEEN.fullmatch(text):
        return 0.0, ""
    before, _, rest = text.partition(", ")
    if rest and yes_or_no(before):
        text = rest
    text = re.sub(r" (of the time|for me|to me)$", "", text)
    for word in _LONGEST_FIRST:
        if text == word:
            return _DEGREES[word], ""
        if text.startswith(f"{word} "):
            return _DEGREES[word], text.removeprefix(f"{word} ")
    return 1.2, text


def _ranges(texts: list[str]) -> list[float] | None:
    """Return the lower bound of each range, `under` just below its number and `over` just above."""
    values = [_bound(text) for text in texts]
    return None if any(v is None for v in values) or len(texts) < 3 else [v for v in values if v is not None]


def _bound(text: str) -> float | None:
    match = _FIRST_NUMBER.search(text)
    if match:
        digits = re.sub(r"[^\d.]", "", re.sub(r"[,'’ ](?=\d{3})", "", match[0])).rstrip(".")
        number = float(digits) if digits.count(".") < 2 and digits else float(digits.replace(".", "") or 0)
        number *= {"k": 1e3, "m": 1e6}.get(match[0][-1], 1)
    else:
        words = text.split()
        known = {word: float(i) for i, word in enumerate(_WORD_NUMBERS)} | _ONCE
        spelled = [known[word] for word in words if word in known]
        if not spelled:
            return None
        number = spelled[0]
    unit = _UNIT.search(text)
    number *= _UNITS[unit[1]] if unit else 1.0
    before = text[: match.start()] if match else text
    if _BELOW.search(before):
        return number - 0.001 * max(number, 1)
    return number + 0.001 * max(number, 1) if _ABOVE.search(text) else number
