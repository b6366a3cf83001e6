"""Published results: compare what was printed with what the answers give.

REQUIRED INPUTS: the tables of a wave, the files under `published:` in the config.
OUTPUTS: results/WAVE/published.csv (checks against this wave), results/published/checks.csv (all of them).
"""


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


targets += rules.checks.output
