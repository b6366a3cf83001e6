"""The same statistics on the same data by our engine and by peers."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmark.measured import cost_of_module, memory, seconds, table

ENGINES = {"ours": "b2bsurvey", "svy": "svy + pingouin", "statsmodels": "statsmodels + pingouin"}


def report(folder: Path, rows: int) -> Iterator[str]:
    """Yield the table: imports are part of the cost, making the data is not."""
    data = cost_of_module("statistics_work", "nothing", str(rows), folder=folder)
    found = []
    for engine, name in ENGINES.items():
        if engine != "ours" and find_spec(engine) is None:
            yield f"{engine} is not installed here and was left out."
            continue
        cost = cost_of_module("statistics_work", engine, str(rows), folder=folder)
        found.append([name, seconds(cost.cpu - data.cpu), memory(cost.memory), cost.output.strip()])
    yield table(["", "CPU", "memory", "the first of each result"], found)
    yield f"The data alone take {memory(data.memory)}. statsmodels has no Rao-Scott test: that row does less."
