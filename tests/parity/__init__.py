"""Every result of the R reference beside ours: `compare` one entry, `table` writes all of them down."""
