"""The analyses, each a function from a Survey to its tables.

A new one is a module with a function `analyse(survey) -> Tables`, and a line in `questionnaire.ANALYSES` with the
roles of its questions.
"""

from collections.abc import Iterable
from importlib import import_module

from b2bsurvey.analyses.ratio_rows import bootstrapped_means
from b2bsurvey.association import adjusted, families_split
from b2bsurvey.comparisons import claim_tests, contexts_differ, items_differ, segment_tests
from b2bsurvey.correspondence import correspondence_rows
from b2bsurvey.design import Survey
from b2bsurvey.distribution import cumulative
from b2bsurvey.errors import StudyError
from b2bsurvey.estimates import Row, estimates_of, within_refused
from b2bsurvey.questionnaire import ANALYSES, Question
from b2bsurvey.tables import Tables, estimates_table, tests_table


def analyse(survey: Survey, name: str) -> Tables:
    """Run the analysis `name` on the survey."""
    tables: Tables = import_module(f"b2bsurvey.analyses.{name}").analyse(survey)
    return tables


def describe_roles(survey: Survey, analysis: str, more: Iterable[Row] = (), compared: tuple[str, ...] = ()) -> Tables:
    """Describe the questions that have a role of the analysis; of numbers the whole distribution too.

    `more` are further rows on them. Of those with a role that is `compared` also whether their items differ, and which.
    """
    questions = survey.questionnaire.with_role(*ANALYSES[analysis])
    rows = [row for question in questions for row in cumulative(survey, question, analysis)]
    with_items = (q for q in survey.questionnaire.with_role(*compared) if not q.contexts)
    tests = [test for question in with_items for test in items_differ(survey, question, analysis).tests]
    return describe(survey, questions, analysis, [*rows, *more], tests)


def describe(
    survey: Survey,
    questions: tuple[Question, ...],
    analysis: str,
    first: Iterable[Row] = (),
    first_tests: Iterable[Row] = (),
) -> Tables:
    """Estimate each question, overall and by segment, and test it against each segment, p values adjusted.

    A mean that was claimed elsewhere is tested, and has an interval of the bootstrap too. Of grids of ticks also
    whether contexts differ, and their correspondence analysis.
    `first` and `first_tests` are rows that come before those of the questions.

    Raises:
        StudyError: when a configured family reaches beyond this analysis.
    """
    for family in families_split(survey.inference, {q.name for q in questions}):
        outside = ", ".join(sorted(set(family.questions) - {q.name for q in questions}))
        raise StudyError(
            f"the family '{family.name}' in the config joins questions of the analysis '{analysis}' with {outside}, "
            "which it does not hold; p values can be adjusted together within one analysis only, so split the family."
        )
    claimed = [question for question in questions if question.claim]
    estimates, tests = [*first, *bootstrapped_means(survey, claimed, analysis)], list(first_tests)
    for question in questions:
        refused = list(within_refused(survey, question, analysis))
        estimates += refused or estimates_of(survey, question, analysis)
        estimates += correspondence_rows(survey, question, analysis)
        tests += claim_tests(survey, question, analysis).tests
        tests += contexts_differ(survey, question, analysis).tests
        for segment in survey.questionnaire.segments_of(question) if not refused else ():
            tests += segment_tests(survey, question, segment, analysis)
    places = {question.name: place for place, question in enumerate(questions)}
    for rows in (estimates, tests):  # what is about one question stands together
        rows.sort(key=lambda row: places.get(row["question"], -1))
    return Tables(estimates_table(estimates), adjusted(tests_table(tests)))
