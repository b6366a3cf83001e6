"""Analyses: from the survey to estimates and tests. One rule serves them all.

REQUIRED INPUTS: results/WAVE/data/responses.parquet, ledger.csv, weighting.json; ingested.parquet (and the population
table) for the sensitivity of the headline numbers to screening.
OUTPUTS: results/WAVE/tables/ANALYSIS.csv (estimates), ANALYSIS_tests.csv (tests), sensitivity.csv (estimates),
families.csv (what was adjusted together).
A new analysis is a module in scripts/b2bsurvey/analyses/ and a line in `ANALYSES` in questionnaire.py.
"""

# what decides how a survey is estimated
SURVEY = [
    "questionnaire",
    "sampling",
    "weighting",
    "design",
    "unit",
    "firm_id",
    "origin",
    "rebuilt_from",
]


rule analysis:
    input:
        responses=rules.screening.output.responses,
        ledger=rules.screening.output.ledger,
        weighting=rules.screening.output.weighting,
    output:
        estimates="results/{wave}/tables/{analysis}.csv",
        tests="results/{wave}/tables/{analysis}_tests.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/{analysis}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(SURVEY + ["outcomes"], inference=study.inference),
        asked=lambda wildcards: asked(wildcards.wave),
        code=lambda wildcards: code(
            "analysis.py", f"b2bsurvey.analyses.{wildcards.analysis}"
        ),
    script:
        "../scripts/analysis.py"


rule sensitivity:
    input:
        responses=rules.ingest.output.responses,
    output:
        estimates="results/{wave}/tables/sensitivity.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/sensitivity.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(SURVEY + ["screening"], inference=study.inference),
        population=lambda wildcards: population_hash(wildcards.wave),
        asked=lambda wildcards: asked(wildcards.wave),
        code=code("sensitivity.py"),
    script:
        "../scripts/sensitivity.py"


rule families:
    input:
        tests=tables(["_tests"]),
    output:
        families="results/{wave}/tables/families.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/families.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        inference=study.inference,
        given=repr(study.inference),
        code=code("families.py"),
    script:
        "../scripts/families.py"


targets += expand("results/{wave}/tables/sensitivity.csv", wave=WAVES)
targets += expand("results/{wave}/tables/families.csv", wave=WAVES)
targets += [
    f"results/{wave}/tables/{analysis}{kind}.csv"
    for wave in WAVES
    for analysis in analyses(wave)
    for kind in ("", "_tests")
]
