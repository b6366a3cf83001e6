"""Shares within every combination of two segments: size × sector, size × region."""

from dataclasses import replace
from itertools import combinations

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row, estimated, headline
from b2bsurvey.modelling.specification import segments_by_role
from b2bsurvey.questionnaire import Question
from b2bsurvey.tables import row_id

STRATIFIED = "stratified"


def stratified_rows(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return the shares (0–1) that sum a question up, in every combination of the answers to two segments.

    Statistic `stratified`, with both segments and their levels, for those pairs that models test for an interaction.
    The estimate is that of a domain, with the design's degrees of freedom; a pair that rebuilt respondents do not know
    the joint distribution of is one row that says so. A marginal share is the mean of these, weighted by their
    weighted bases: so a test holds.
    """
    rows: list[Row] = []
    for one, other in combinations(_segments(survey, question), 2):
        why = survey.refusal(question.name, one.name, other.name)
        about = {"statistic": STRATIFIED, "segment": one.name, "segment2": other.name}
        if why:
            where = row_id(survey.wave, analysis, question.name, STRATIFIED, one.name, other.name)
            identity = {"estimate_id": where, "wave": survey.wave, "analysis": analysis, "question": question.name}
            rows.append(identity | about | {"base": question.base, "status": "not_estimable", "note": why})
            continue
        places = [survey.responses.values[segment.name].cat.codes.to_numpy() for segment in (one, other)]
        for level in one.answers:
            for level2 in other.answers:
                inside = (places[0] == one.answers.index(level)) & (places[1] == other.answers.index(level2))
                quantities = [
                    replace(q, domain=q.domain & inside, segment=one.name, level=level.code)
                    for q in headline(survey, question)
                ]
                rows += [
                    row | about | {"level2": level2.code, "estimate_id": _id(row["estimate_id"], other, level2.code)}
                    for row in estimated(survey, quantities, analysis)
                ]
    return rows


def _id(of_one: str, segment: Question, level: str) -> str:
    return row_id(of_one, f"{segment.name}={level}", STRATIFIED)


def _segments(survey: Survey, question: Question) -> list[Question]:
    """Return the segments that models of the question take: one of each role, of which the wave is broken down by."""
    asked = survey.questionnaire
    chosen = [variable.question for variable in segments_by_role(asked, question)]
    return [segment for segment in asked.segments_of(question) if segment.name in chosen]
