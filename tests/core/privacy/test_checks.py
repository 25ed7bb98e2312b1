"""Check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.privacy import checks


@given(st.text("0123456789", min_size=11, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_luhn_finds_every_wrong_digit(digits: str, at: int, shift: int) -> None:
    """Exactly one check digit holds, and changing any digit breaks it."""
    whole = [digits + str(check) for check in range(10) if checks.luhn(digits + str(check))]
    assert len(whole) == (1 if digits.strip("0") else 0)
    for valid in whole:
        place = at % len(valid)
        wrong = str((int(valid[place]) + shift) % 10)
        assert not checks.luhn(valid[:place] + wrong + valid[place + 1 :])


@pytest.mark.parametrize("digit", "0123456789")
def test_verhoeff_finds_every_wrong_digit(digit: str) -> None:
    """Exactly one check digit holds, and changing any digit, wherever it stands, breaks it."""
    (whole,) = [digit * 11 + check for check in "0123456789" if checks.verhoeff(digit * 11 + check)]
    for at in range(12):
        for wrong in set("0123456789") - {whole[at]}:
            assert not checks.verhoeff(whole[:at] + wrong + whole[at + 1 :])


@given(st.sampled_from(sorted(checks.IBAN_LENGTHS)), st.data())
def test_an_iban_has_one_pair_of_check_digits(country: str, data: st.DataObject) -> None:
    """Of the check digits 02 to 98 exactly one pair holds."""
    size = checks.IBAN_LENGTHS[country] - 4
    account = data.draw(st.text("0123456789ABCXYZ", min_size=size, max_size=size))
    assert sum(checks.mod97(f"{country}{check:02}{account}") for check in range(2, 99)) == 1


@pytest.mark.parametrize(
    ("check", "valid", "wrong"),
    [
        (checks.nhs, "9434765919", "9434765918"),
        (checks.npi, "1234567893", "3234567893"),
        (checks.medicare, "2123456701", "1123456701"),
        (checks.pesel, "44051401359", "44991401359"),
        (checks.steuer_id, "86095742719", "06095742719"),
        (checks.cpf, "52998224725", "52998224726"),
        (checks.cpf, "39053344705", "11111111111"),
        (checks.cpf, "39053344705", "39053344715"),
        (checks.cnpj, "11222333000181", "11222333000182"),
        (checks.cnpj, "11222333000181", "00000000000000"),
        (checks.abn, "51824753556", "51824753557"),
        (checks.abn, "51824753556", "01824753556"),
        (checks.tfn, "876543210", "876543211"),
        (checks.acn, "005749986", "005749987"),
        (checks.bsn, "111222333", "111222334"),
        (checks.rrn, "9601211234567", "9613211234567"),
        (checks.rrn, "9601211234567", "9601219234567"),
        (checks.rrn, "9601211234567", "9601321234567"),
        (checks.personnummer, "8112189876", "8112189877"),
        (checks.personnummer, "8112189876", "8113189875"),
        (checks.nir, "255081416802538", "255081416802539"),
        (checks.nir, "255081416802538", "355081416802538"),
        (checks.ssn, "078051120", "666051120"),
        (checks.ssn, "078051120", "078050000"),
        (checks.ssn, "900700000", "900000000"),
        (checks.nif, "12345678Z", "12345678A"),
        (checks.nif, "X1234567L", "Y1234567L"),
        (checks.nric, "S1234567D", "T1234567D"),
        (checks.issued, "6400000000000000", "0400000000000000"),
        (checks.issued, "5105105105105100", "1105105105105100"),
        (checks.issued, "6011000990139424", "7011000990139424"),
        (checks.issued, "3530111333300000", "0530111333300000"),
    ],
)
def test_numbers_of_the_standards_hold(check: object, valid: str, wrong: str) -> None:
    """A published example holds, and one that breaks a rule does not."""
    assert callable(check)
    assert check(valid)
    assert not check(wrong)
