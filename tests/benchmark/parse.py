"""Parse a CSV file and do nothing with it: `parse.py pyarrow|pandas|csv FILE`, every cell as text."""

import csv
import sys


def main(reader: str, file: str) -> None:
    """Parse the file."""
    if reader == "pyarrow":
        import pyarrow as pa
        import pyarrow.csv

        with open(file, encoding="utf-8") as stream:
            headings = next(csv.reader(stream))
        pa.csv.read_csv(
            file,
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(headings, pa.string())),
        )
    elif reader == "pandas":
        import pandas as pd

        pd.read_csv(file, dtype="str", keep_default_na=False)
    else:
        with open(file, encoding="utf-8", newline="") as stream:
            for _ in csv.reader(stream):
                pass


if __name__ == "__main__":
    main(*sys.argv[1:])
