"""Fielding: the questionnaire of each wave, printed and for survey platforms, so that it can be asked again.

REQUIRED INPUTS: the questionnaire (no export is needed).
OUTPUTS: results/WAVE/questionnaire/questionnaire_LANG.html, limesurvey.lss, xlsform.xlsx.
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


targets += expand("results/{wave}/questionnaire", wave=WAVES)
