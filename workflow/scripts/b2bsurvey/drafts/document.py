"""What a draft says: the questionnaire file with its comments, and what is printed about it."""

from collections import Counter
from collections.abc import Iterator

from b2bsurvey.columns import heading_of
from b2bsurvey.drafts.draft import Draft
from b2bsurvey.drafts.question import DraftQuestion, without_addresses
from b2bsurvey.drafts.roles import consent, roles
from b2bsurvey.drafts.yaml_lines import comment, flow, lines, printable

_PLATFORMS = {
    "limesurvey": "LimeSurvey", "qualtrics": "Qualtrics", "sosci": "SoSci Survey", "surveymonkey": "SurveyMonkey",
    "typeform": "Typeform", "unipark": "Unipark", "googleforms": "Google Forms", "msforms": "Microsoft Forms",
    "kobo": "Kobo", "redcap": "REDCap", "alchemer": "Alchemer", "plain": "a plain table", "spss": "SPSS",
    "stata": "Stata",
}  # fmt: skip


def questionnaire(draft: Draft) -> str:
    """Return the draft as a questionnaire file: it loads as it stands, and reads the export that it is from."""
    made = [*_head(draft), ""]
    made += lines({"title": dict(draft.title)})
    made.append(f"languages: {flow(list(draft.languages))}")
    if draft.missing:
        made += ["", *comment("What stands in several questions' columns and is no answer to them.")]
        made += lines({"missing": {reason: list(spellings) for reason, spellings in draft.missing.items()}})
    made += ["", *_roles(draft), "", "questions:"]
    previous: dict[str, str] = {}
    for number, question in enumerate(draft.questions):
        made += [""] * (number > 0) + [*_question(question, draft, previous)]
    return "\n".join(made) + "\n"


def findings(draft: Draft, path: str) -> str:
    """Return what to print: where the draft stands, from which files, what was found, and what to do next."""
    said = [f"{path}: {_sources(draft)}"]
    said.append(f"  found: {_count(len(draft.questions), 'question')} ({_types(draft)}), texts in {_languages(draft)}")
    said += [f"  {note}" for note in (*draft.export.notes, *draft.notes)]
    if draft.left_out:
        first = draft.left_out[:12]
        named = "; ".join(f"'{without_addresses(printable(left.heading))[:60]}' ({left.reason})" for left in first)
        more = f"; and {len(draft.left_out) - 12} more, listed in the draft" if len(draft.left_out) > 12 else ""
        said.append(f"  {_count(len(draft.left_out), 'column')} left out: {named}{more}")
    if draft.export.personal:
        said.append(f"  personal columns of the platform, which are never read: {', '.join(draft.export.personal)}")
    suggested = roles(draft.questions)
    names = "; ".join(f"{role}: {', '.join(q.name for q in found)}" for role, found in suggested.items())
    said.append(f"  roles suggested in its comments: {names or 'none'}")
    target = f"config/questionnaires/{draft.files.name}.yaml"
    said.append(f"  next: copy it to {target}, give the roles, and add the wave to config/config.yaml:")
    said += [f"    {line}" for line in wave(draft)]
    return "\n".join(said) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    yield from comment(f"A draft, made by b2bsurvey: {_sources(draft)}.")
    yield "#"
    tried = "It loads as it stands"
    tried += ", and all answers of the export are understood." if len(draft.export.cells) else "."
    yield from comment(
        f"{tried} What is left to do: read it once, give the roles below, shorten long texts with `short:`, and word "
        "what comments ask for. All keys: config/README.md."
    )
    yield "#"
    yield "# The wave in config/config.yaml:"
    yield from (f"#   {line}" for line in wave(draft))
    for note in draft.notes:
        yield "#"
        yield from comment(f"{note[0].upper()}{note[1:]}.")
    if draft.left_out:
        yield "#"
        yield "# Columns of the export that are no question here:"
        for left in draft.left_out:
            heading = without_addresses(printable(left.heading))
            shown = heading if len(heading) <= 90 else f"{heading[:89]}…"
            yield f"#   {left.position} '{shown}': {left.reason}"
    if draft.export.personal:
        yield "#"
        yield from comment(
            f"Personal columns of the platform, which are never read: {', '.join(draft.export.personal)}."
        )


def wave(draft: Draft) -> list[str]:
    """Return the wave as it stands in config/config.yaml, below `waves:`."""
    paths = [str(path) for path in draft.wave_exports] or ["data/raw/EXPORT.csv"]
    export = flow(paths[0]) if len(paths) == 1 else flow(paths)
    return [
        f"{draft.files.name}:",
        f"  export: {export}",
        f"  questionnaire: config/questionnaires/{draft.files.name}.yaml",
        "  sampling: open_link # probability | census | open_link | panel",
    ]


def _sources(draft: Draft) -> str:
    """Say from which files the draft was made."""
    files, export = draft.files, draft.export
    said = []
    if files.exports:
        names = ", ".join(map(str, files.exports))
        rows = _count(len(export.cells), "row")
        said.append(f"from {names} ({_PLATFORMS[export.platform]}, {rows}, {_count(len(export.columns), 'column')})")
    if files.definition is not None:
        beside = ", which lies beside it" if files.found_beside else ""
        said.append(f"{'with' if said else 'from'} {files.definition}{beside}")
    return " ".join(said)


def _roles(draft: Draft) -> Iterator[str]:
    yield from comment(
        "Roles say what a question is for; an analysis whose roles are not given is left out. Take the # away where it "
        "fits, and see config/README.md for all roles."
    )
    found = roles(draft.questions)
    yield "# roles:"
    for role, questions in found.items():
        names = [q.name for q in questions]
        text = without_addresses(printable(next(iter(questions[0].text.values()))))
        line = f"#   {role}: {names[0] if len(names) == 1 else flow(names)}"
        room = 116 - len(line)
        yield f"{line} # {text if len(text) <= room else text[: max(room - 1, 0)] + '…'}" if room > 20 else line
    if not found:
        yield "#   firm_size: … # no question was recognised by its words"
    asked = consent(draft.questions)
    if asked is not None:
        yield f"# consent_if: {{{asked[0].name}: [{asked[1]}]}}"


def _question(question: DraftQuestion, draft: Draft, previous: dict[str, str]) -> Iterator[str]:
    """Yield a question with its comment: where it stands in the export, how many answered, what to look at."""
    notes = "".join(f"; {note}" for note in question.notes)
    yield from comment(without_addresses(f"{_place(question, draft)}{notes}"), 2)
    answers = flow({answer.code: answer.label for answer in question.answers})
    if question.answers and len(question.answers) > 2:
        alike = previous.setdefault(answers, question.name)
        if alike != question.name:
            yield from comment(f"the answers are those of {alike}", 2)
    yield from lines({question.name: question.data(draft.languages)}, 2)


def _place(question: DraftQuestion, draft: Draft) -> str:
    columns = question.columns
    positions = [c.position for c in columns]
    runs = positions == list(range(positions[0], positions[-1] + 1))
    where = f"{positions[0]}–{positions[-1]}" if runs and len(positions) > 1 else ", ".join(map(str, positions))
    if not len(draft.export.cells):
        return f"{'column' if len(positions) == 1 else 'columns'} {', '.join(map(heading_of, columns))[:200]}"
    cells = draft.export.cells[positions]
    filled = int((cells.apply(lambda c: c.str.strip()) != "").any(axis=1).sum())
    return f"column{'s' * (len(positions) > 1)} {where}, filled in {_count(filled, 'row')}"


def _types(draft: Draft) -> str:
    return ", ".join(f"{n} {name}" for name, n in Counter(q.type for q in draft.questions).most_common())


def _languages(draft: Draft) -> str:
    return ", ".join(draft.languages)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
