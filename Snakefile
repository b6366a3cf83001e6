# The workflow is in workflow/Snakefile; this file makes a bare `snakemake` run it.
include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
