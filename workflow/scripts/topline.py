"""Write the topline of a wave in one language."""

from b2bsurvey.codebook import described
from b2bsurvey.fielding.topline import topline
from b2bsurvey.render.results import read_results
from b2bsurvey.responses import read_parquet
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    inputs = dict(job.input)
    responses = inputs.pop("responses")
    results = read_results(given.study, given.wave, given.settings, language, **inputs)
    variables = described(read_parquet(responses, results.questionnaire), results.questionnaire)
    return {"topline": topline(results, variables, language)}


run(snakemake, work)
