"""Provenance: what went in, what came out, with which versions and config. No time stamps.

REQUIRED INPUTS: all targets. OUTPUTS: results/provenance.json, which `make verify` compares with the files.
"""


rule provenance:
    input:
        results=lambda wildcards: [t for t in targets if t != "results/provenance.json"],
    output:
        provenance="results/provenance.json",
    log:
        ".snakemake/b2bsurvey/logs/provenance.log",
    conda:
        "../envs/b2bsurvey.yaml"
    params:
        config=study,
        given=repr(study),
        exports={
            path: sha
            for w in WAVES
            for path, sha in zip(study.waves[w].exports, exports_hash(w))
        },
        questionnaires={
            q: fingerprint.file_hash(q)
            for w in WAVES
            for q in (
                study.waves[w].questionnaire,
                *coding_files(Path(study.waves[w].questionnaire)),
            )
        },
        populations={p: population_hash(w) for w in WAVES for p in populations(w)},
        published={p: fingerprint.file_hash(p) for p in study.published},
        code=code("provenance.py"),
    script:
        "../scripts/provenance.py"


targets += rules.provenance.output
