"""A wave about six channels of two known types of users, made in memory: with numbers, a segment and a filter."""

import numpy as np
import pandas as pd

from b2bsurvey.config import Inference
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import YES_NO, Answer, Condition, Item, Question, Questionnaire
from b2bsurvey.responses import REASONS, Responses, value_type
from b2bsurvey.statistics.linearisation import SampleDesign

LANGUAGES = ("en", "de", "fr", "it")
CHANNELS = ("blog", "video", "network", "forum", "wiki", "news")
OF_FEW, OF_MANY = [0.1, 0.2, 0.6, 0.05, 0.1, 0.05], [0.8, 0.9, 0.9, 0.7, 0.6, 0.5]


def words(text):
    return dict.fromkeys(LANGUAGES, text)


def questionnaire(label="Channel {}", **roles):
    items = tuple(Item(code, words(label.format(code))) for code in CHANNELS)
    answers = tuple(Answer(code, words(code), (), float(i)) for i, code in enumerate(("small", "large")))

    def question(name, kind, **more):
        return Question(name, kind, words(f"{name}?"), words(name), "nominal", "valid", "line 1", **more)

    questions = {
        "uses": question("uses", "single", answers=YES_NO),
        "size": question("size", "single", answers=answers),
        "channels": question("channels", "tick_all", items=items),
        "spend": question("spend", "number", unit=words("CHF")),
    }
    given = {"adopter": ("uses",), "firm_size": ("size",), "channels": ("channels",), "key_figures": ("spend",)}
    return Questionnaire(
        "q.yaml",
        *(words("Study"), words("Source"), words("firms"), LANGUAGES, questions),
        filters={"users": Condition(((("uses", ("yes",)),),))},
        roles=given | roles,
        evaluation_order=tuple(questions),
    )


def survey(n=300, seed=1, weights=None, order=None, ticks=None, origin="observed", asked=None, times=1):
    """Return a survey of `n` respondents, each `times` over; the first two thirds use few channels, the rest many.

    Everybody but each tenth is a user. `order` permutes the rows, `ticks` (n, 6) are instead of the drawn ones.
    """
    asked, generator = asked or questionnaire(), np.random.default_rng(seed)
    many = np.arange(n) >= 2 * n // 3
    drawn = (generator.random((n, 6)) < np.where(many[:, None], OF_MANY, OF_FEW)).astype(int)
    drawn = drawn if ticks is None else np.asarray(ticks)
    columns = {
        "uses": np.where(np.arange(n) % 10 == 9, "no", "yes"),
        "size": np.where(generator.random(n) < np.where(many, 0.7, 0.3), "large", "small"),
        **{f"channels_{code}": drawn[:, j] for j, code in enumerate(CHANNELS)},
        "spend": np.round(generator.lognormal(3, 1, n), 1),
    }
    weights = np.ones(n) if weights is None else np.asarray(weights, float)
    rows = np.tile(np.arange(n) if order is None else np.asarray(order), times)
    frame = pd.DataFrame({name: np.asarray(values, dtype=object)[rows] for name, values in columns.items()})
    values = pd.DataFrame({v.name: frame[v.name].astype(value_type(asked, v)) for v in asked.variables})
    missing = pd.DataFrame({name: pd.Series(None, index=frame.index, dtype=REASONS) for name in values})
    respondents = pd.DataFrame({"respondent": [f"r{i}" for i in range(len(rows))], "weight": weights[rows]})
    equal = weights.size == 0 or np.ptp(weights) == 0
    return Survey(
        "wave",
        Responses(respondents, values, missing),
        asked,
        *(pd.DataFrame(), "probability", origin, Inference()),
        SampleDesign(weights[rows]) if len(rows) else None,
        f"probability: {'unweighted' if equal else 'weighted'}",
    )
