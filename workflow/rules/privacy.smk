"""Privacy: a last look at all results of a wave for e-mail and IP addresses, phone numbers and platform ids.

REQUIRED INPUTS: all targets of the wave.
OUTPUTS: results/WAVE/privacy.json; the run fails where there is anything personal.
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


targets += expand("results/{wave}/privacy.json", wave=WAVES)
