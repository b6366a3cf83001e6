"""Drafts: a questionnaire from an export and its definition, to go on with by hand.

REQUIRED INPUTS: the files that `--config export=PATH` names; a definition of the same name beside them is used too.
OUTPUTS: results/drafts/NAME.yaml (the questionnaire); where it is and what was found are printed each time.
"""


wildcard_constraints:
    draft="[a-z0-9][a-z0-9-]*",


rule draft:
    output:
        questionnaire="results/drafts/{draft}.yaml",
        findings=f"{STATE}/drafts/{{draft}}.txt",
    log:
        ".snakemake/b2bsurvey/logs/drafts/{draft}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        files=lambda wildcards: drafted(),
        given=lambda wildcards: repr(drafted()),
        sha256=lambda wildcards: [fingerprint.file_hash(p) for p in drafted().paths],
        code=code("draft_questionnaire.py"),
    script:
        "../scripts/draft_questionnaire.py"


# without an output, so that it runs, and what was found is printed, each time
rule draft_questionnaire:
    input:
        findings=lambda wildcards: f"{STATE}/drafts/{drafted().name}.txt",
    log:
        ".snakemake/b2bsurvey/logs/draft_questionnaire.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        said=SAID,
    shell:
        "cp {input.findings:q} {params.said:q} 2> {log:q}"
