"""Screening: decide who is analysed and with which weight, and account for every row.

REQUIRED INPUTS: results/WAVE/data/ingested.parquet, the population table of `weights:` where there is one.
OUTPUTS: results/WAVE/data/responses.parquet and .csv (respondents analysed), ledger.csv (every row of the export, and
what became of it), quality.csv (every row, and how its batteries were answered), weighting.json (how the weights were
made).
"""


rule screening:
    input:
        responses=rules.ingest.output.responses,
        population=lambda wildcards: [
            ancient(p) for p in populations(wildcards.wave) if Path(p).is_file()
        ],
    output:
        responses="results/{wave}/data/responses.parquet",
        csv="results/{wave}/data/responses.csv",
        ledger="results/{wave}/data/ledger.csv",
        quality="results/{wave}/data/quality.csv",
        weighting="results/{wave}/data/weighting.json",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/screening.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(
            [
                "questionnaire",
                "sampling",
                "screening",
                "weighting",
                "design",
                "unit",
                "firm_id",
                "origin",
            ]
        ),
        population=lambda wildcards: population_hash(wildcards.wave),
        asked=lambda wildcards: asked(wildcards.wave),
        code=code("screening.py"),
    script:
        "../scripts/screening.py"


targets += expand(
    "results/{wave}/data/{name}",
    wave=WAVES,
    name=[
        "responses.parquet",
        "responses.csv",
        "ledger.csv",
        "quality.csv",
        "ingest.json",
        "ingest.csv",
        "weighting.json",
    ],
)
