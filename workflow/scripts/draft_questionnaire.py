"""Draft a questionnaire from an export, its definition, or both."""

from b2bsurvey.drafts.document import findings, questionnaire
from b2bsurvey.drafts.draft import draft
from doorway import run


def work(job):
    made = draft(job.params.files)
    return {"questionnaire": questionnaire(made), "findings": findings(made, job.output.questionnaire)}


run(snakemake, work)
