"""Compare the waves of each series, and list what was adjusted together."""

from b2bsurvey.families import families
from b2bsurvey.tables import to_csv
from b2bsurvey.wave_changes import ACROSS, by_analysis, read_series, wave_changes
from doorway import run


def work(job):
    given = job.params
    tables = wave_changes(read_series(given.series, given.inference, **dict(job.input)))
    return {
        "estimates": to_csv(tables.estimates),
        "tests": to_csv(tables.tests),
        "families": to_csv(families(ACROSS, by_analysis(tables.tests), given.inference)),
    }


run(snakemake, work)
