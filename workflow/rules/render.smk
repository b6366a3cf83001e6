"""Rendering: codebook, figures, workbook and report in each language. Computes nothing.

REQUIRED INPUTS: data and tables of a wave, its questionnaire.
OUTPUTS: results/WAVE/data/codebook.csv, codebook_LANG.html, figures/LANG/NAME.svg|png|pdf, tables_LANG.xlsx,
tables_LANG.docx, tables_LANG.tex, report_LANG.html;
results/index_LANG.html, which leads to all waves.
"""


rule codebook:
    input:
        responses=rules.screening.output.responses,
        ingest=rules.ingest.output.report,
    output:
        codebook="results/{wave}/data/codebook.csv",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/codebook.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["questionnaire"]),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("codebook.py"),
    script:
        "../scripts/codebook.py"


rule codebook_page:
    input:
        **rules.codebook.input,
    output:
        page=report(
            "results/{wave}/codebook_{language}.html",
            caption="../report/codebook.rst",
            category="{wave}",
            subcategory="{language}",
            labels={"figure": "codebook"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/codebook_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["questionnaire", "origin", "cleared_answers"], study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("codebook_page.py"),
    script:
        "../scripts/codebook_page.py"


rule figures:
    input:
        tables=tables(),
    output:
        figures=report(
            directory("results/{wave}/figures/{language}"),
            patterns=["{name}.svg"],
            caption="../report/figure.rst",
            category="{wave}",
            subcategory="{language}",
            labels={"figure": "{name}"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/figures_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["questionnaire", "origin"], settings=study.figures, study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("figures.py"),
    script:
        "../scripts/figures.py"


rule workbook:
    input:
        tables=tables(),
        ledger=rules.screening.output.ledger,
        ingest=rules.ingest.output.report,
        codebook=rules.codebook.output.codebook,
        published=rules.check_wave.output.checks,
        sensitivity=rules.sensitivity.output.estimates,
        families=rules.families.output.families,
    output:
        workbook=report(
            "results/{wave}/tables_{language}.xlsx",
            caption="../report/workbook.rst",
            category="{wave}",
            subcategory="{language}",
            labels={"figure": "workbook"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/workbook_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(WHOLE_WAVE, settings=study.inference, study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("workbook.py"),
    script:
        "../scripts/workbook.py"


rule wave_report:
    input:
        **rules.workbook.input,
        figures=rules.figures.output.figures,
    output:
        report=report(
            "results/{wave}/report_{language}.html",
            caption="../report/wave_report.rst",
            category="{wave}",
            subcategory="{language}",
            labels={"figure": "report"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/{wave}/report_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(WHOLE_WAVE, settings=study.inference, study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("wave_report.py"),
    script:
        "../scripts/wave_report.py"


rule documents:
    input:
        **rules.wave_report.input,
    output:
        word="results/{wave}/tables_{language}.docx",
        latex="results/{wave}/tables_{language}.tex",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/documents_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(WHOLE_WAVE, settings=study.inference, study=study.study),
        worded=lambda wildcards: worded(wildcards.wave),
        code=code("documents.py"),
    script:
        "../scripts/documents.py"


# what the page of all waves says of each
INDEXED = [
    wave.only("questionnaire", "origin", "fieldwork") for wave in study.waves.values()
]


rule index_page:
    input:
        ledgers=expand(rules.screening.output.ledger, wave=WAVES),
    output:
        page="results/index_{language}.html",
    log:
        ".snakemake/b2bsurvey/logs/index_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        study=study.study,
        waves=INDEXED,
        languages=LANGUAGES,
        compared=bool(SERIES),
        given=repr((INDEXED, LANGUAGES, bool(SERIES))),
        worded=lambda wildcards: [worded(wave) for wave in WAVES],
        code=code("index_page.py"),
    script:
        "../scripts/index_page.py"


targets += expand("results/index_{language}.html", language=LANGUAGES)
targets += expand("results/{wave}/data/codebook.csv", wave=WAVES)
targets += expand(
    [
        "results/{wave}/figures/{language}",
        "results/{wave}/tables_{language}.xlsx",
        "results/{wave}/tables_{language}.docx",
        "results/{wave}/tables_{language}.tex",
        "results/{wave}/report_{language}.html",
        "results/{wave}/codebook_{language}.html",
    ],
    wave=WAVES,
    language=LANGUAGES,
)
