"""The benchmark: what ingest, statistics, figures and a run of the shipped waves cost, beside peers on the same data."""
