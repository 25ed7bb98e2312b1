"""Quantiles in bounded memory: within 0.5 %, whatever the order in which parts are merged."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.metrics import quantile
from pytest_llm_telemetry.core.sketch import LARGEST, WEIGHT_UNIT, Sketch, bucket

VALUES = st.floats(1e-5, 1e11)
WEIGHTS = st.sampled_from([1.0, 2.0, 10.0, 1 / 0.3, 4 / 3])
QUANTILES = st.floats(0, 1)


def sketch(*pairs: tuple[float, float]) -> Sketch:
    found = Sketch()
    for value, weight in pairs:
        found.add(value, weight)
    return found


@given(st.lists(VALUES, min_size=1), QUANTILES)
def test_a_quantile_is_half_a_percent_off_at_most(values: list[float], q: float) -> None:
    """Of the same definition as the metrics' own, for any values."""
    found = sketch(*[(value, 1.0) for value in values]).quantile(q)
    exact = quantile([(value, 1.0) for value in values], q)
    assert exact is not None
    assert found == pytest.approx(exact, rel=0.0050001)


@given(st.lists(st.tuples(VALUES, WEIGHTS), min_size=1), st.floats(0.01, 0.99))
def test_weighted_values_count_by_their_weight(pairs: list[tuple[float, float]], q: float) -> None:
    """A sampled call stands for several: the quantile lies where their weights say."""
    found = sketch(*pairs).quantile(q)
    assert found is not None
    total = sum(weight for _, weight in pairs)
    below = sum(weight for value, weight in pairs if value < found * 0.9949)
    upto = sum(weight for value, weight in pairs if value <= found * 1.0051)
    slack = 1e-6 * total + (1 if all(weight == int(weight) for _, weight in pairs) else 0)
    assert below <= q * total + slack
    assert upto >= q * total - slack


@given(st.lists(st.lists(st.tuples(VALUES, WEIGHTS), max_size=8), max_size=6), st.randoms())
def test_the_order_of_merges_makes_no_difference(
    parts: list[list[tuple[float, float]]], chance: random.Random
) -> None:
    """Hosts' sketches are the same bytes in whatever order they come, and as if never parted."""
    whole = sketch(*[pair for part in parts for pair in part])
    shuffled = [sketch(*part) for part in parts]
    chance.shuffle(shuffled)
    merged = Sketch()
    for part in shuffled:
        merged.merge(part)
    assert merged == whole
    assert merged.dump() == whole.dump()
    assert merged.count == pytest.approx(sum(w for part in parts for _, w in part), rel=1e-5)


@given(st.lists(st.tuples(st.floats(0, 1e300), WEIGHTS)), st.integers(1, 2**22))
def test_a_sketch_survives_being_written_down(pairs: list[tuple[float, float]], many: int) -> None:
    """The short form gives the same sketch back, for counts of any size."""
    found = sketch(*pairs, *[(value, weight * many) for value, weight in pairs[:2]])
    assert Sketch.load(found.dump()) == found
    assert bool(found) == bool(pairs)


@given(st.lists(st.integers(0, 900), min_size=100, max_size=400), st.randoms())
def test_many_buckets_are_what_few_are(places: list[int], chance: random.Random) -> None:
    """Counted by the piece or by weight, added up, taken away and written down."""
    pieces, weights, parts = Sketch(), Sketch(), Sketch()
    pieces.add_each(places)
    weights.add_buckets({place: places.count(place) * WEIGHT_UNIT for place in places})
    chance.shuffle(places)
    for some in (places[:150], places[150:], [950]):
        part = Sketch()
        part.add_each(some)
        parts.merge(Sketch.load(part.dump()))
    last = sketch()
    last.add_each([950])
    parts.merge(last, -1)
    assert pieces == weights == parts == Sketch.load(pieces.dump())
    assert pieces.dump() == weights.dump() == parts.dump()
    for some in (places[150:], places[:150]):
        part = Sketch()
        part.add_each(some)
        parts.merge(part, -1)
    assert (parts.dump(), parts.count, parts == Sketch()) == ("", 0, True)


def test_many_buckets_go_as_they_came() -> None:
    """Below those that were there, until few are left, and none."""

    def each(first: int, behind: int) -> Sketch:
        found = Sketch()
        found.add_each(range(first, behind))
        return found

    found, weighed = Sketch(), Sketch()
    weighed.add_buckets(dict.fromkeys(range(500, 650), WEIGHT_UNIT))
    found.merge(weighed)
    found.merge(each(100, 250))
    assert found.dump() == Sketch.load(found.dump()).dump()
    found.merge(each(500, 650), -1)
    assert found == each(100, 250)
    assert found.dump() == each(100, 250).dump()
    found.merge(each(100, 175), -1)
    assert found.dump() == each(175, 250).dump()
    found.merge(each(100, 175))
    assert found.dump() == each(100, 250).dump()
    found.merge(each(100, 175), -1)
    found.merge(each(175, 250), -1)
    assert (found.dump(), found.count) == ("", 0)


def test_an_empty_sketch_knows_nothing() -> None:
    """No quantile and no share of nothing is told."""
    assert (Sketch().quantile(0.5), Sketch().count) == (None, 0)
    assert Sketch().dump() == ""
    assert Sketch() == Sketch.load("")
    assert Sketch() != 0


def test_extremes_are_kept_in_bounds() -> None:
    """A million values from nothing to infinity take 4,147 buckets at most."""
    found = sketch((0.0, 1), (1e-300, 1), (1e300, 1))
    assert found.quantile(0) == 0
    assert found.quantile(1) == pytest.approx(LARGEST, rel=0.006)
    assert bucket(math.inf) - bucket(0.0) < 4147


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "10w1:!",
        "10W1:AAA=",
        "10W1:",
        "10w3:AAAA",
        "10q1:AA==",
        "10w2:AA==",
        "99999w1:AQ==",
        "-9999w1:AQ==",
        "w1:AQ==",
    ],
)
def test_a_damaged_sketch_is_refused(text: str) -> None:
    """Rather than telling a figure that nobody measured."""
    with pytest.raises(ValueError):  # noqa: PT011 - which one says nothing more
        Sketch.load(text)


def test_a_bucket_holds_as_many_calls_as_there_ever_will_be() -> None:
    """Four million million of them do not reach the next bucket."""
    found = Sketch()
    found.add_buckets({5: (1 << 42) * WEIGHT_UNIT, 6: WEIGHT_UNIT})
    found.merge(Sketch.load(found.dump()))
    assert found.buckets() == {5: (1 << 43) * WEIGHT_UNIT, 6: 2 * WEIGHT_UNIT}


def test_the_last_quantile_of_weights_beyond_a_float_is_the_largest_value() -> None:
    """Where rounding asks for more than there is, nothing is made up."""
    found = Sketch()
    found.add_buckets({5: 1 << 60, 6: 200})
    assert found.quantile(1.0) == pytest.approx(math.exp(6 * 0.01), rel=0.01)


def test_what_was_added_can_be_taken_away() -> None:
    """The rest of a whole is what was never in the part."""
    whole, part = sketch((1.0, 1), (50.0, 1)), sketch((1.0, 1))
    whole.merge(part, -1)
    assert whole == sketch((50.0, 1))
    assert whole.dump() == sketch((50.0, 1)).dump()
