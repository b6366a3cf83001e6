"""Fielding: the questionnaire of each wave, printed and for survey platforms, so that it can be asked again.

REQUIRED INPUTS: the questionnaire (no export is needed); for the topline the data and tables of a wave.
OUTPUTS: results/WAVE/questionnaire/questionnaire_LANG.html, limesurvey.lss, xlsform.xlsx; results/WAVE/topline_LANG.html,
the questionnaire with its results.
"""


rule fielding:
    output:
        questionnaire=directory("results/{wave}/questionnaire"),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/fielding.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["questionnaire"], study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("fielding.py"),
    script:
        "../scripts/fielding.py"


rule topline:
    input:
        **rules.workbook.input,
        responses=rules.screening.output.responses,
    output:
        topline=report(
            "results/{wave}/topline_{language}.html",
            caption="../report/topline.rst",
            category="{wave}",
            subcategory="{language}",
            labels={"figure": "topline"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/topline_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(WHOLE_WAVE, settings=study.inference, study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("topline.py"),
    script:
        "../scripts/topline.py"


targets += expand("results/{wave}/questionnaire", wave=WAVES)
targets += expand(
    "results/{wave}/topline_{language}.html", wave=WAVES, language=LANGUAGES
)
