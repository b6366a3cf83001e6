"""From rows of an Estimates table to the items that a figure shows."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.figures.value import NAN, Value

Rows = Mapping[tuple[str, str, str], Mapping[str, Any]]  # by item, answer and statistic


@dataclass(frozen=True)
class Item:
    """One row of a figure: a share (0–1) of `n` with its interval, and its rank where items are ranked."""

    label: str
    share: float = NAN
    low: float = NAN
    high: float = NAN
    count: int | None = None
    n: int = 0
    rank_low: float = NAN
    rank_high: float = NAN
    exclusive: bool = False
    small: bool = False
    note: str = ""
    level: float = 0.95
    model_based: bool = False
    weighted: bool = False
    method: str = "wilson"

    @property
    def marked_label(self) -> str:
        """The label, with a dagger where the base is small."""
        return f"{self.label}\N{NO-BREAK SPACE}†" if self.small else self.label

    @property
    def order(self) -> tuple[bool, bool, float]:
        """Sorts by share, the largest first; exclusive options and items without an estimate come last."""
        return self.exclusive, math.isnan(self.share), 0.0 if math.isnan(self.share) else -self.share


def overall_rows(estimates: pd.DataFrame, question: Question, base: str, context: str = "") -> Rows:
    """Return the rows of a question in one base for all respondents together."""
    wanted = {"question": question.name, "base": base, "context": context, "segment": ""}
    chosen = estimates[(estimates[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    return {(row["item"], row["answer"], row["statistic"]): row for row in chosen.to_dict("records")}


def level_rows(estimates: pd.DataFrame, question: Question, segment: str, level: str) -> Rows:
    """Return the rows of a question in its own base for one level of a segment."""
    wanted = {"question": question.name, "base": question.base, "context": "", "segment": segment, "level": level}
    chosen = estimates[(estimates[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    return {
        (row["item"], row["answer"], row["statistic"]): row for row in chosen.to_dict("records") if not row["level2"]
    }


def p_value(tests: pd.DataFrame, **of: str) -> float:
    """Return the adjusted p value of the first test whose columns are as given; not a number where there is none."""
    chosen = tests[(tests[list(of)] == pd.Series(of)).all(axis=1) & (tests["role"] == "test")]
    return next((float(p) for p in chosen["p_adjusted"] if math.isfinite(p)), NAN)


def value_of(row: Mapping[Any, Any], p: float = NAN, null: float = 0.0) -> Value:
    """Return a row's estimate with its interval."""
    level = 0.95 if pd.isna(row["conf_level"]) else float(row["conf_level"])
    return Value(float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"]), p, level, null)


def top_of(question: Question) -> tuple[str, str]:
    """Return answer and statistic of the share that sums an item up: ticked, its top answers, or the last one."""
    if question.kind == "tick":
        return "ticked", "proportion"
    return ("+".join(question.top), "top2") if question.top else (question.answers[-1].code, "proportion")


def refusal(estimates: pd.DataFrame, question: Question, segment: str = "") -> str:
    """Return the reason why a question could not be estimated, in all or by segment; empty where there is none."""
    rows = estimates[(estimates["question"] == question.name) & (estimates["segment"] == segment)]
    refused = rows[(rows["status"] == "not_estimable") & rows["base"].isin(("", question.base)) & (rows["note"] != "")]
    return "" if refused.empty else str(refused["note"].iloc[0])


def item_of(rows: Rows, label: str, item: str, answer: str, statistic: str = "proportion") -> Item:
    """Return the item with its share; without an estimate where the table has none."""
    row, rank = rows.get((item, answer, statistic)), rows.get((item, answer, "rank"), {})
    if row is None:
        return Item(label)
    return Item(
        label,
        share=float(row["estimate"]),
        low=float(row["ci_low"]),
        high=float(row["ci_high"]),
        count=None if pd.isna(row["count"]) else int(row["count"]),
        n=0 if pd.isna(row["n"]) else int(row["n"]),
        rank_low=float(rank.get("ci_low", NAN)),
        rank_high=float(rank.get("ci_high", NAN)),
        small=row["status"] == "small_base",
        note=str(row["note"]),
        level=0.95 if pd.isna(row["conf_level"]) else float(row["conf_level"]),
        model_based="model-based" in row["ci_method"],
        weighted=is_weighted(row["design"]),
        method=str(row["ci_method"]).partition(",")[0],
    )


def is_weighted(design: str) -> bool:
    """Whether the label of a design says that it has weights."""
    return str(design).partition(": ")[2].startswith("weighted")


def ticked_items(rows: Rows, question: Question, language: str) -> list[Item]:
    """Return the options of a tick-all question, the most ticked first, exclusive ones last."""
    items = (replace(item_of(rows, i.label[language], i.code, "ticked"), exclusive=i.exclusive) for i in question.items)
    return sorted(items, key=lambda i: i.order)


def answer_items(rows: Rows, question: Question, language: str) -> list[Item]:
    """Return the answers of a single choice: in the questionnaire's order if they have one, else by share."""
    items = [item_of(rows, a.label[language], "", a.code) for a in question.answers]
    return items if question.level != "nominal" else sorted(items, key=lambda i: i.order)


def known(items: Iterable[Item]) -> list[Item]:
    """Return the items that have an estimate."""
    return [i for i in items if math.isfinite(i.share)]
