"""Waves beside each other: what changed in the questionnaire, and how the answers changed.

Made only where at least two waves are of one series: of the same questionnaire file, or of questionnaires that name the
same `series`. These jobs read what screening made of each wave, and write into no wave's folder: a wave that is added
reruns them, and nothing of the other waves.

REQUIRED INPUTS: results/WAVE/data/responses.parquet, ledger.csv, weighting.json of the waves of a series.
OUTPUTS: results/waves/codebook_diff.csv (each change of a question, and whether answers may be compared), trends.csv
(estimates), trends_tests.csv (tests), families.csv (what was adjusted together), figures/LANG/NAME.svg|png|pdf,
report_LANG.html.
"""

# what decides whether and how a wave is compared
DIFFED = ["questionnaire", "fieldwork", "sampling", "weighting", "weight_column"]


rule codebook_diff:
    output:
        diff="results/waves/codebook_diff.csv",
    log:
        ".snakemake/b2bsurvey/logs/waves/codebook_diff.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **compared(*DIFFED),
        worded=lambda wildcards: [worded(wave) for wave in COMPARED],
        code=code("codebook_diff.py"),
    script:
        "../scripts/codebook_diff.py"


rule trends:
    input:
        responses=expand(rules.screening.output.responses, wave=COMPARED),
        ledgers=expand(rules.screening.output.ledger, wave=COMPARED),
        weightings=expand(rules.screening.output.weighting, wave=COMPARED),
    output:
        estimates="results/waves/trends.csv",
        tests="results/waves/trends_tests.csv",
        families="results/waves/families.csv",
    log:
        ".snakemake/b2bsurvey/logs/waves/trends.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **compared(*SURVEY, *DIFFED, inference=study.inference),
        worded=lambda wildcards: [worded(wave) for wave in COMPARED],
        code=code("trends.py"),
    script:
        "../scripts/trends.py"


rule trend_figures:
    input:
        estimates=rules.trends.output.estimates,
        tests=rules.trends.output.tests,
    output:
        figures=report(
            directory("results/waves/figures/{language}"),
            patterns=["{name}.svg"],
            caption="../report/trend_figure.rst",
            category="waves",
            subcategory="{language}",
            labels={"figure": "{name}"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/waves/figures_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **compared("questionnaire", "origin", settings=study.figures, study=study.study),
        worded=lambda wildcards: [worded(wave) for wave in COMPARED],
        code=code("trend_figures.py"),
    script:
        "../scripts/trend_figures.py"


rule trend_report:
    input:
        diff=rules.codebook_diff.output.diff,
        estimates=rules.trends.output.estimates,
        tests=rules.trends.output.tests,
        families=rules.trends.output.families,
        figures=rules.trend_figures.output.figures,
    output:
        report=report(
            "results/waves/report_{language}.html",
            caption="../report/trend_report.rst",
            category="waves",
            subcategory="{language}",
            labels={"figure": "report"},
        ),
    log:
        ".snakemake/b2bsurvey/logs/waves/report_{language}.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **compared("questionnaire", "origin", "fieldwork", study=study.study),
        others=[wave for wave in WAVES if wave not in COMPARED],
        worded=lambda wildcards: [worded(wave) for wave in COMPARED],
        code=code("trend_report.py"),
    script:
        "../scripts/trend_report.py"


if SERIES:
    targets += [*rules.codebook_diff.output, *rules.trends.output]
    targets += expand(
        ["results/waves/figures/{language}", "results/waves/report_{language}.html"],
        language=LANGUAGES,
    )
