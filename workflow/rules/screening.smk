"""Screening: decide who is analysed, and account for every row.

REQUIRED INPUTS: results/WAVE/data/ingested.parquet.
OUTPUTS: results/WAVE/data/responses.parquet and .csv (respondents analysed), ledger.csv (every row of the export, and
what became of it), quality.csv (every row, and how its batteries were answered).
"""


rule screening:
    input:
        responses=rules.ingest.output.responses,
    output:
        responses="results/{wave}/data/responses.parquet",
        csv="results/{wave}/data/responses.csv",
        ledger="results/{wave}/data/ledger.csv",
        quality="results/{wave}/data/quality.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/screening.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["questionnaire", "screening", "origin"]),
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
    ],
)
