"""Published results: compare what was printed with what the answers give.

REQUIRED INPUTS: the tables of a wave, the files under `published:` in the config.
OUTPUTS: results/WAVE/published.csv (checks against this wave), results/published/checks.csv (all of them);
results/published/report_LANG.html, a page of them;
results/published/NAME.csv of a table that `check_published --config table=FILE` names, whose findings are printed.
"""


wildcard_constraints:
    typed="(?!checks$)[a-z0-9][a-z0-9-]*",


rule check_wave:
    input:
        tables=tables(),
        published=[ancient(p) for p in study.published if Path(p).is_file()],
    output:
        checks="results/{wave}/published.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/published.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        published=list(study.published),
        sha256=[fingerprint.file_hash(p) for p in study.published],
        code=code("check_wave.py"),
    script:
        "../scripts/check_wave.py"


rule checks:
    input:
        checks=expand(rules.check_wave.output.checks, wave=WAVES),
    output:
        checks="results/published/checks.csv",
    log:
        ".snakemake/b2bsurvey/logs/checks.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        waves=WAVES,
        published=list(study.published),
        sha256=[fingerprint.file_hash(p) for p in study.published],
        code=code("checks.py"),
    script:
        "../scripts/checks.py"


# what the page of published results says of each wave
REBUILT = [
    wave.only("questionnaire", "origin", "rebuilt_from")
    for wave in study.waves.values()
]


rule published_page:
    input:
        checks=rules.checks.output.checks,
        tables=lambda wildcards: [
            path
            for wave in REBUILT
            if wave.origin == "rebuilt"
            for path in expand(
                "results/{wave}/tables/{analysis}{kind}.csv",
                wave=wave.name,
                analysis=analyses(wave.name),
                kind=("", "_tests"),
            )
        ],
    output:
        page="results/published/report_{language}.html",
    log:
        ".snakemake/b2bsurvey/logs/published_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        study=study.study,
        waves=REBUILT,
        languages=LANGUAGES,
        given=repr((REBUILT, LANGUAGES)),
        worded=lambda wildcards: [worded(wave) for wave in WAVES],
        code=code("published_page.py"),
    script:
        "../scripts/published_page.py"


rule typed_table:
    output:
        checks="results/published/{typed}.csv",
        findings=f"{STATE}/published/{{typed}}.txt",
    log:
        ".snakemake/b2bsurvey/logs/published/{typed}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        table=lambda wildcards: typed_table(),
        sha256=lambda wildcards: fingerprint.file_hash(typed_table()),
        code=code("check_published.py"),
    script:
        "../scripts/check_published.py"


# without an output, so that it runs, and what was found is printed, each time
rule check_published:
    input:
        findings=lambda wildcards: f"{STATE}/published/{typed_name()}.txt",
    log:
        ".snakemake/b2bsurvey/logs/check_published.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        said=SAID,
    shell:
        "cp {input.findings:q} {params.said:q} 2> {log:q}"


targets += rules.checks.output
targets += expand(rules.published_page.output.page, language=LANGUAGES)
