"""For colleagues and archives: the responses in SPSS and Stata, and the codebook in DDI.

REQUIRED INPUTS: data of a wave, its questionnaire.
OUTPUTS: results/WAVE/data/responses.sav, responses.dta (labels in the first language of the outputs), codebook.xml
(DDI-Codebook 2.5, in all languages of the questionnaire).
"""


rule archive:
    input:
        **rules.codebook.input,
    output:
        spss="results/{wave}/data/responses.sav",
        stata="results/{wave}/data/responses.dta",
        ddi="results/{wave}/data/codebook.xml",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/archive.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(
            [
                "questionnaire",
                "sampling",
                "weighting",
                "weight_column",
                "fieldwork",
                "unit",
                "origin",
                "cleared_answers",
            ],
            study=study.study,
            language=LANGUAGES[0],
        ),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("archive.py"),
    script:
        "../scripts/archive.py"


targets += expand(
    "results/{wave}/data/{name}",
    wave=WAVES,
    name=["responses.sav", "responses.dta", "codebook.xml"],
)
