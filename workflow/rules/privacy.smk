"""Privacy: a last look at all results for e-mail and IP addresses, phone numbers and platform ids.

REQUIRED INPUTS: all targets, of a wave and of none.
OUTPUTS: results/WAVE/privacy.json, results/privacy.json; the run fails where there is anything personal.
"""


rule privacy:
    input:
        results=lambda wildcards: [
            target
            for target in targets
            if target.startswith(f"results/{wildcards.wave}/")
            and not target.endswith("privacy.json")
        ],
    output:
        record="results/{wave}/privacy.json",
    log:
        ".snakemake/b2bsurvey/logs/{wave}/privacy.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        **given(["exports", "platform", "sheet"]),
        sha256=lambda wildcards: exports_hash(wildcards.wave),
        code=code("privacy.py"),
    script:
        "../scripts/privacy.py"


rule privacy_across:
    input:
        results=lambda wildcards: of_no_wave(),
    output:
        record="results/privacy.json",
    log:
        ".snakemake/b2bsurvey/logs/privacy.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        code=code("privacy_across.py"),
    script:
        "../scripts/privacy_across.py"


targets += expand("results/{wave}/privacy.json", wave=WAVES)
targets += rules.privacy_across.output
