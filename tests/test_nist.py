"""At least seven right digits on the Statistical Reference Datasets of NIST, but on four sets that allow fewer."""

import pytest

from parity.nist import FEWER, LEAST, SETS, measured, right_digits

# what is measured where fewer digits are right, pinned
PINNED = {"SmLs07": 4.0, "SmLs08": 4.0, "SmLs09": 4.0, "Wampler5": 5.5}


@pytest.mark.parametrize("name", SETS)
def test_digits_are_right(name):
    found = measured(name)
    assert found
    for part in found:
        least = PINNED[name] if name in PINNED and part.what in ("F", "coefficients") else LEAST
        assert part.digits >= least, f"{name}, {part.what}: {part.digits:.1f} digits are right, wanted {least}"


def test_sets_that_allow_fewer_digits_are_named_and_have_fewer():
    assert set(FEWER) == set(PINNED)
    for name in FEWER:
        assert min(part.digits for part in measured(name)) < LEAST, f"{name} is right now: take it out of FEWER"


def test_right_digits_are_counted():
    assert right_digits([1.0, 2.0], [1.0, 2.0002]) == pytest.approx(4.0, abs=0.01)
    assert right_digits(0.001, 0.0) == 3
    assert right_digits(1.0, 1.0) == 15
