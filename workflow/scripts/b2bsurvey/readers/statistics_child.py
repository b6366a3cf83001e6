"""Reads one SPSS or Stata file in a process of its own, since the library can crash or fill the memory over a bad one.

Run as a script with the kind of file (`sav` or `dta`), the most cells, bytes of memory and seconds of processor time;
the file comes in on standard input. Standard output gets one line of JSON with what the file says of itself, then one
with the values of each variable; or one line `{"fault": …}`.
"""

import contextlib
import io
import json
import resource
import sys


def main(kind: str, most_cells: int, memory: int, seconds: int) -> None:
    """Write the file on standard input to standard output, as said above."""
    import pyreadstat  # not where the parent imports this module for its place

    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        with contextlib.suppress(ValueError, OSError):  # where the system has no such limit
            resource.setrlimit(limit, (most, most))
    data = sys.stdin.buffer.read()
    read = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
    try:
        said = read(io.BytesIO(data), metadataonly=True)[1]
        rows, columns = said.number_rows or 0, said.number_columns or 0
        if rows * columns > most_cells:
            fault(f"cells {rows} {columns}")
            return
        values, meta = read(io.BytesIO(data), user_missing=True, disable_datetime_conversion=True, output_format="dict")
    except MemoryError:
        fault("memory")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        fault(str(error))
    except Exception as error:  # whatever a damaged file leads to
        fault(f"{type(error).__name__}: {error}")
    else:
        write(described(meta))
        for name in meta.column_names:
            write(list(values[name]))


def described(meta: object) -> dict[str, object]:
    """Return what the file says of its variables, values paired with labels since JSON keys are texts."""
    said = {
        name: getattr(meta, name)
        for name in (
            *("column_names", "column_labels", "file_encoding", "original_variable_types", "readstat_variable_types"),
            *("missing_ranges", "missing_user_values", "mr_sets"),
        )
    }
    labels = getattr(meta, "variable_value_labels")  # noqa: B009
    return {**said, "value_labels": {name: list(pairs.items()) for name, pairs in labels.items()}}


def fault(what: str) -> None:
    """Write why the file was not read."""
    write({"fault": what})


def write(line: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
