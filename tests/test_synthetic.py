"""The generator of synthetic waves gives what its parameters say: found again by plain numpy, none of our statistics."""

import time

import numpy as np
import pytest

import lucerne_wave
from b2bsurvey.errors import StudyError
from b2bsurvey.synthetic.respondents import draw, responses_of

N = 40_000
CHANNELS = tuple(i.code for i in lucerne_wave.questionnaire().questions["channels"].items)


@pytest.fixture(scope="module")
def drawing():
    return lucerne_wave.drawn(N, seed=1)


def logit(outcome, *columns):
    """Return (coefficients, standard errors) of a logit with an intercept first, by Newton's method."""
    x = np.column_stack([np.ones(len(outcome)), *columns])
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ beta))
        information = (x * (p * (1 - p))[:, None]).T @ x
        beta += np.linalg.solve(information, x.T @ (outcome - p))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def step(name, form):
    return lucerne_wave.truth().steps[name][form]


def test_single_choices_have_their_shares(drawing):
    for name in ("sector", "region", "purchase_type", "outlook"):
        answers = [a.code for a in lucerne_wave.questionnaire().questions[name].answers]
        for code, share in step(name, "shares").items():
            found = (drawing.complete[name] == answers.index(code)).mean()
            assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / N), (name, code)


@pytest.mark.parametrize("channel", ["facebook", "youtube", "linkedin", "twitter"])
def test_private_use_raises_professional_use_by_the_true_effect(drawing, channel):
    block = step("channels", "use")[1]
    true = [block["same_channel"]["private"], block["any"]["affinity_trait"], block["any"]["reluctant"]]
    found, errors = found_effects(drawing, channel)
    assert (abs(found - true) < 4 * errors).all()
    assert errors.max() < 0.1


def test_without_an_effect_only_the_shared_traits_are_left():
    truth = lucerne_wave.truth().changed("channels", "use", 1, "same_channel", "private", to=0)
    drawing = lucerne_wave.drawn(N, seed=2, of=truth)
    private, professional = (drawing.answers[f"channels_facebook_{c}"] > 0 for c in ("private", "professional"))
    found, errors = found_effects(drawing, "facebook")
    assert abs(found[0]) < 4 * errors[0]
    assert logit(professional, private)[0][1] > 0.4, "left to itself, private use seems to have an effect"


def found_effects(drawing, channel):
    """Return effects on professional use of private use, affinity and reluctance, and their standard errors."""
    private, professional = (drawing.answers[f"channels_{channel}_{c}"] > 0 for c in ("private", "professional"))
    names = ("affinity_trait", "reluctant", "internal_trait", "communicator", "french", "italian")
    beta, errors = logit(professional, private, *(drawing.quantities[name] for name in names))
    return beta[1:4], errors[1:4]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_stage_follows_the_scores_of_the_answers_in_an_ordinal_logit(drawing, cut):
    """Each split of a proportional odds model is a logit with the same coefficients."""
    settings = step("adoption", "ordinal")
    names = [name for name in settings if name != "cuts"]
    columns = [drawing.quantity("adoption", name) for name in names]
    beta, errors = logit(drawing.complete["adoption"] >= cut, *columns)
    assert (abs(beta[1:] - [settings[name] for name in names]) < 4 * errors[1:]).all()
    assert abs(beta[0] + settings["cuts"][cut - 1]) < 4 * errors[0]
    assert errors.max() < 0.15


def test_scores_of_constructs_are_those_of_the_responses():
    drawing = lucerne_wave.drawn(300, seed=3)
    responses = responses_of(drawing.answers, lucerne_wave.questionnaire())
    for name in ("affinity_score", "toe_technology", "pressure_internal", "trust_score"):
        complete = np.all(
            [drawing.answers[i] >= 0 for i in lucerne_wave.questionnaire().constructs[name].items], axis=0
        )
        assert complete.sum() > 200
        assert responses.values[name].to_numpy()[complete] == pytest.approx(drawing.quantity("x", name)[complete])


def test_barriers_have_two_factors(drawing):
    items = [v.name for v in lucerne_wave.questionnaire().questions["barriers"].variables]
    correlation = np.corrcoef([drawing.complete[name] for name in items])
    risk, means = slice(0, 4), slice(4, 11)
    within = np.concatenate(
        [c[np.triu_indices_from(c, 1)] for c in (correlation[risk, risk], correlation[means, means])]
    )
    assert within.min() > 0.2
    assert np.abs(correlation[risk, means]).max() < 0.25
    assert (np.linalg.eigvalsh(correlation)[::-1] > 1).sum() == 2, "two eigenvalues above 1"


def test_a_style_of_answering_runs_through_the_marker(drawing):
    """The marker goes with other agreement scales through style alone: r = 0.15² × attenuation by rounding."""
    found = np.corrcoef(drawing.complete["marker"], drawing.complete["trends_collect"])[0, 1]
    assert 0.01 < found < 0.15**2 + 4 / np.sqrt(N)


def test_rankings_follow_their_worths(drawing):
    worths = step("trend_ranks", "worths")["items"]
    for item, worth in worths.items():
        first = (drawing.complete[f"trend_ranks_{item}"] == 1).mean()
        assert first == pytest.approx(worth / sum(worths.values()), abs=4 * 0.5 / np.sqrt(N))
    ranks = np.sort(np.column_stack([drawing.complete[f"trend_ranks_{i}"] for i in worths]), axis=1)
    assert (ranks == [1, 2, 3, 4, 5]).all()
    named = np.column_stack([drawing.complete[f"main_barriers_{i}"] for i in ("privacy", "no_need", "wait")])
    assert named.max() == 3
    assert named.min() == -1


def test_what_answers_must_agree_on_they_agree_on(drawing):
    answers = drawing.complete
    stages = np.column_stack([answers[f"channel_stage_{c}"] for c in CHANNELS])
    assert (stages.max(axis=1) == answers["adoption"]).all(), "the furthest channel is as far as the firm"
    shares = np.column_stack([answers[v.name] for v in lucerne_wave.questionnaire().questions["post_shares"].variables])
    assert (shares.sum(axis=1) == 100).all()
    assert (np.diff(shares[:, :5], axis=1) <= 0).all()
    assert (shares[answers["spokespersons"] == 1, 0] == 100).all()
    for part, whole in (
        ("contracts", "enquiries"),
        ("customers_kept", "customers_start"),
        ("new_customers", "contracts"),
    ):
        assert (answers[part] <= answers[whole]).all()
    reasons = [v for v in lucerne_wave.questionnaire().questions["why_not"].variables if v.item != "none"]
    ticked = np.any([answers[v.name] == 1 for v in reasons], axis=0)
    assert (ticked != (answers["why_not_none"] == 1)).all()


def test_language_regions_differ(drawing):
    regions = [a.code for a in lucerne_wave.questionnaire().questions["region"].answers]
    used = {
        (channel, region): (drawing.complete[f"channels_{channel}_professional"] > 0)[
            drawing.complete["region"] == regions.index(region)
        ].mean()
        for channel in ("xing", "viadeo")
        for region in regions
    }
    assert used["xing", "german"] > 2 * used["xing", "french"]
    assert used["viadeo", "french"] > 2 * used["viadeo", "german"]


def test_the_same_seed_gives_the_same_respondents():
    questionnaire, truth = lucerne_wave.questionnaire(), lucerne_wave.truth()
    first, again, other = (draw(truth, questionnaire, 50, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert all((first[name] == again[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first)


@pytest.mark.parametrize("n", [1, 2, 571])
def test_any_number_of_respondents_can_be_drawn(n):
    asked = [q for q in lucerne_wave.questionnaire().questions.values() if q.derivation is None and q.type != "text"]
    answers = draw(lucerne_wave.truth(), lucerne_wave.questionnaire(), n, np.random.default_rng(0))
    assert set(answers) == {v.name for q in asked for v in q.variables}
    assert {len(codes) for codes in answers.values()} == {n}
    assert len(responses_of(answers, lucerne_wave.questionnaire())) == n


def test_answers_are_drawn_fast_enough_to_be_drawn_thousands_of_times():
    start = time.process_time()
    for seed in range(10):
        draw(lucerne_wave.truth(), lucerne_wave.questionnaire(), 571, np.random.default_rng(seed))
    assert (time.process_time() - start) / 10 < 0.2


def test_a_parameter_that_does_not_exist_cannot_be_changed():
    with pytest.raises(StudyError, match=r"line \d+: there is no parameter 'affinity'; did you mean 'affinity_trait'"):
        lucerne_wave.truth().changed("activities", "scale", "items", "read", "affinity", to=0)
