"""Ingest: read each wave's export and type its answers.

REQUIRED INPUTS: the wave's export (data/raw/) and questionnaire (config/questionnaires/).
OUTPUTS: results/WAVE/data/ingested.parquet (all rows of the export), results/WAVE/data/ingest.json and .csv (what was
read, left out, set aside and noticed).
A missing file is no `input:`, so that it stops its own wave only.
"""


rule ingest:
    input:
        exports=lambda wildcards: [
            ancient(p)
            for p in study.waves[wildcards.wave].exports
            if Path(p).is_file()
        ],
    output:
        responses="results/{wave}/data/ingested.parquet",
        report="results/{wave}/data/ingest.json",
        table="results/{wave}/data/ingest.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/ingest.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(
            [
                "exports",
                "questionnaire",
                "platform",
                "sheet",
                "columns",
                "weight_column",
                "fieldwork",
                "cleared_answers",
                "firm_id",
                "origin",
            ]
        ),
        sha256=lambda wildcards: exports_hash(wildcards.wave),
        asked=lambda wildcards: asked(wildcards.wave),
        code=code("ingest.py"),
    script:
        "../scripts/ingest.py"
