"""Where each rule ends: the last that is found, and the first that is not. All values are made up."""

import hmac

import pytest

from pytest_llm_telemetry import Redaction
from pytest_llm_telemetry.core.privacy import (
    checks,
    keyed_hash,
    preview,
    redact,
    scan,
    text_hash,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
FULL_V6 = "0000:0000:0000:0000:0000:ffff:255.255.255.255"
FOUND = [
    # how long a number is
    ("call 123456", "call <PHONE>"),
    ("call 1-2-3-4-5-6", "call <PHONE>"),
    ("call 123456 2nd", "call <PHONE> 2nd"),
    ("call 1 - 2 - 3 - 4 - 5 - 6 - 7 - 8 - 9 - 1 -2", "call <PHONE>"),
    ("call 123456789012345", "call <PHONE>"),
    ("call #1234567", "call #<PHONE>"),
    ("+1234567 and +123456789012345", "<PHONE> and <PHONE>"),
    ("account number 12345678901234567890", "account number <BANK_ACCOUNT>"),
    ("02 34 56 789 or 0123 4567 8901 234", "<PHONE> or <PHONE>"),
    ("02.618.433.81", "<PHONE>"),
    ("((+44 20 7946 0958)", "((<PHONE>)"),
    ("ask (+44 20 7946 0958)", "ask (<PHONE>)"),
    ("see +44 2079460958 or +44.20.7946.0958", "see <PHONE> or <PHONE>"),
    ("a 30569309025904 b 378282246310005 c 4111111111111111", "a <CARD> b <CARD> c <CARD>"),
    ("a 495846332218656228 b 6376297283355259674", "a <CARD> b <CARD>"),
    ("card 052591719621 or 0588117159157544469", "card <CARD> or <CARD>"),
    ("4111111111111111 x12", "<CARD> x12"),
    ("4010232137.", "<NATIONAL_ID>."),
    ("44.051.401359", "<NATIONAL_ID>"),
    # groups that a check digit holds together, in a sentence
    ("see 401 023 2137 there", "see <NATIONAL_ID> there"),
    ("see 1234-567-893 there", "see <NATIONAL_ID> there"),
    ("see 2123 45670 1 there", "see <NATIONAL_ID> there"),
    ("see 529.982.247-25 there", "see <NATIONAL_ID> there"),
    ("see 11.222.333/0001-81 there", "see <NATIONAL_ID> there"),
    ("see 51 824 753 556 there", "see <NATIONAL_ID> there"),
    ("see 130 692 544 there", "see <NATIONAL_ID> there"),
    ("see 2 55 08 14 168 025 38 there", "see <NATIONAL_ID> there"),
    ("see 960121-1234567 there", "see <NATIONAL_ID> there"),
    ("see 811218-9876 there", "see <NATIONAL_ID> there"),
    # digits alone
    ("9601211234567", "<NATIONAL_ID>"),
    ("11222333000181", "<NATIONAL_ID>"),
    ("131582597957273", "<NATIONAL_ID>"),
    # addresses of the net
    ("10.0.0.0/32 10.0.0.0/33", "<IP> <IP>/33"),
    ("0.0.0.0", "<IP>"),
    ("2001:db8::/128 2001:db8::/129", "<IP> <IP>/129"),
    (f"at {FULL_V6}. Then", "at <IP>. Then"),
    ("at dead::beef:cafe", "at <IP>"),
    ("1:2:3:4:5:6:192.0.2.1", "<IP>"),
    ("1:2:3:4:5:6:7::", "<IP>"),
    ("::ffff:255.0.2.1", "<IP>"),
    ("see 1:2:3:4:5:6:7:8: it", "see <IP>: it"),
    ("-fe80::1 (fe80::2)", "-<IP> (<IP>)"),
    ("11-23-45-67-89-01", "<MAC>"),
    ("1:2:3:4:5:6:7:192.0.2.1", "1:2:3:4:5:6:7:<IP>"),
    ("aabb.ccdd.eeff", "<MAC>"),
    # ids with letters
    ("license number ABCDEFGHIJKL12345", "license number <DRIVER_LICENSE>"),
    ("license number AB123456789012345678", "license number <DRIVER_LICENSE>"),
    ("license number 12345678ABC", "license number <DRIVER_LICENSE>"),
    ("license number A12345", "license number <DRIVER_LICENSE>"),
    ("nie Y8063915-Z now", "nie <NATIONAL_ID> now"),
    ("passport" + " " * 25 + "123456789", "passport" + " " * 25 + "<PASSPORT>"),
    ("call" + " " * 44 + "1234567", "call" + " " * 44 + "<PHONE>"),
    # mail and URLs
    ("x" * 64 + "@b.com", "<EMAIL>"),
    ("x" * 65 + "@b.com", "x<EMAIL>"),
    ("'-.jo@b.com", "'-.<EMAIL>"),
    ("a@b.com@c.de", "<EMAIL>"),
    ("@jo a@b.com", "@jo <EMAIL>"),
    ("http://u:" + "p" * 195 + "@h", "http://<URL_CREDENTIALS>@h"),
    ("https://a1b2c3d4e5f6g7h8@h", "https://<URL_CREDENTIALS>@h"),
    ("://u:p4sswd@h.de", "://<URL_CREDENTIALS>@h.de"),
    ("which number is 73448266", "which number is <PHONE>"),
    ("that one is 73448266", "that one is <PHONE>"),
    ("sk-short sk-abcdefghijklmnopqrst", "sk-short <API_KEY>"),
    ("ENV ACME_KEY a1B2c3D4e5F6g7H8i9J0", "ENV ACME_KEY <API_KEY>"),
    ("see://u:p4ss@h.de", "see://<URL_CREDENTIALS>@h.de"),
    # secrets
    ("Authorization: a~b~c~d~e~f~g~h~", "Authorization: <API_KEY>"),
    ("'S3cr3t_V4lue'    == db_key", "'<PASSWORD>'    == db_key"),
    ("'" + "s3" * 99 + "!' == password", "'<API_KEY>' == password"),
    ("PW=hunter", "PW=<PASSWORD>"),
    ("password: a$c1,", "password: <PASSWORD>,"),
    ('password = "fn(abcd"', 'password = "<PASSWORD>"'),
    ("token: '1513266095345316'", "token: '<API_KEY>'"),
    ("api_key = m{{h}o)p${e]nob", "api_key = <API_KEY>"),
    ("PIN: 4821", "PIN: <PASSWORD>"),
    ("user bob and password vL0!9fj(jy9m", "user bob and password <PASSWORD>"),
    ("ghp_abcxxxxxxxxxxA1b2c3d4e5", "<API_KEY>"),
    ("eyJabcdefghij.abcdefghij", "<JWT>"),
    ("-----BEGIN PRIVATE KEY-----" + "a" * 8193, "<PRIVATE_KEY>a"),
    ("(-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----) a@b.com", "(<PRIVATE_KEY>) <EMAIL>"),
]  # fmt: skip
KEPT = [
    "call 12345", "call 1-2-3-4-5", "call 12345 2nd", "call 1 - 2 - 3 - 4 - 5 - 6 - 7 - 8 - 9 - 1 - 2", "call #123456", "call 123456.7",
    "+123456", "+1234567890123456", "2.0+1.6.1   2001", "This license is Copyright (C) 2003-2004", "a password form(A1b2)", "call 012345678901234567890", "account number 123456789012345678901", "see 0 12 345 678 9",
    "020 79460958", "02 34 56 78", "01234 5678 9012 345", "see 012.345.6789", "401023.2137", "4010232137..",
    "a 49859323211227124 b", "card 06828297249", "card 09946123325277736631", "62893179519419953218", "43985623149",
    "the number 73448266", "one more 73448266", "it is 73448266", "call" + " " * 45 + "1234567", "passport" + " " * 26 + "123456789",
    "c0-4001-2345-6787", "see xsk-abcdefghijklmnopqrst", "ENV acme_key a1B2c3D4e5F6g7H8i9J0", "x_::1", "_fe80::1", "fe80::1_x", "children[::2] x", "a layout[2::2]", "::ffff:192.0.2.256", "::12345:1:2",
    "1:2:3:4::5:6:7:8", "0.7.100.3", "_01-23-45-67-89-AB", ".aabb.ccdd.eeff", "see x1EG4-TE5-MK73",
    "license number ABCDEFGHIJKLM12345", "license number AB1234567890123456789", "license number 12345678ABCD", "license number A1234",
    "@b.com", "git@github.com:x", "Authorization: a~b~c~d~e~f~g~h", "'S3cr3t_V4lue'     == db_key", "== password",
    "'" + "s3" * 100 + "' == password", "password: a$1,,,", 'password = "fn(abc"', "token: '151326609534531'", "token: '0000000000000000'",
    "BUNDLE_GEMS__CONTRIBSYS__COM=cafebab:deadbee", "api_key = m{{h}o)p${enob", "PIN: 482.", "ghp_abcdxxxxxxxxxxabcde1", "password = 'changeme1'", "print('password:')+bar1('x')", "eyJabcdefghi.abcdefghij",
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), FOUND)
def test_the_last_that_a_rule_takes_is_replaced(text: str, told: str) -> None:
    """What is just long, near or valid enough is replaced, and nothing beside it."""
    assert redact(text) == told


@pytest.mark.parametrize("text", KEPT)
def test_the_first_that_a_rule_does_not_take_is_kept(text: str) -> None:
    """One sign more or less, and the text stays as it is."""
    assert scan(text) == []


@pytest.mark.parametrize(
    ("check", "valid"),
    [
        (checks.nhs, "4944753616 2541735138 6591315292"),
        (checks.npi, "2925129829 2891541775 1688733736"),
        (checks.medicare, "2138563938 4474353732 3628195285"),
        (checks.pesel, "45431196531 75122621345 26121876946"),
        (checks.steuer_id, "94949298258 57891619968 36279245433"),
        (checks.cpf, "33213556122 23742265652 99863361631"),
        (checks.cnpj, "64577699547252 42619666259826 43686421968184"),
        (checks.abn, "95421676774 36699795211 76992877134"),
        (checks.tfn, "138125424 865885417 676534979"),
        (checks.acn, "316169374 153669419 414535194"),
        (checks.bsn, "797288363 251372492 458584484"),
        (checks.nir, "131582597957273 119488747567174 186344135254276"),
        (checks.rrn, "6412166329647 8912147634784 1712273474431"),
        (checks.personnummer, "7412172319 9112244414 7212238799"),
    ],
)
def test_one_digit_breaks_a_check(check: object, valid: str) -> None:
    """Numbers without a zero hold, so each weight counts, and the last digit can be no other."""
    assert callable(check)
    for digits in valid.split():
        assert check(digits)
        place = 8 if check is checks.medicare else len(digits) - 1
        others = set("0123456789") - {digits[place]}
        broken = [digits[:place] + other + digits[place + 1 :] for other in others]
        assert not any(map(check, broken)) or check is checks.rrn  # which has no check digit


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (checks.steuer_id, "07131924671"),
        (checks.cnpj, "19738624577797"),
        (checks.cpf, "38914815668"),
        (checks.pesel, "45003196531"),
        (checks.ssn, "000121234"),
        (checks.ssn, "123001234"),
        (checks.rrn, "9601001234567"),
        (checks.rrn, "9600211234567"),
    ],
)
def test_each_rule_of_a_check_counts_alone(check: object, wrong: str) -> None:
    """A number that breaks one rule of its standard and holds the others is refused."""
    assert callable(check)
    assert not check(wrong)


@pytest.mark.parametrize(
    ("ranges", "others"),
    [
        ("51 55 2221 2720 34 38 62 64 65 2131 1800 6011 30 39 50 56 69 40 49 35 36 37 60", "29 31 33 70 2220 2721 2130 2132 1799 1801 20 32 10 99 00"),
    ],
)  # fmt: skip
def test_a_card_begins_as_a_network_issues_it(ranges: str, others: str) -> None:
    """The ranges of ISO/IEC 7812 that networks issue, from the first to the last."""
    assert all(checks.issued(start.ljust(16, "0")) for start in ranges.split())
    assert not any(checks.issued(start.ljust(16, "0")) for start in others.split())


def test_the_groups_of_a_taxpayer_number_are_those_of_the_irs() -> None:
    """Of the numbers from 900 on only some groups are ITINs; below, only 00 is none."""
    itin = {group for group in range(100) if checks.ssn(f"912{group:02}1234")}
    assert itin == {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}
    assert {group for group in range(100) if not checks.ssn(f"899{group:02}1234")} == {0}


def test_a_preview_is_cut_at_its_limit() -> None:
    """A text of the limit is whole, one sign more is cut, and what stands behind the cut is unread."""
    assert preview("y" * 100) == "y" * 100
    assert preview("y" * 101) == "y" * 100
    assert preview("y " * 4 + "a@b.com", 15) == "y " * 4 + "<EMAIL>"
    assert preview("ab\ncd") == "ab cd"
    for size, kept in ((4, 100), (5, 99)):
        long = f"{'l' * 64}@{'d' * 63}.com {'m' * size}@b.com " + "y" * 400
        assert preview(long) == ("<EMAIL> <EMAIL> " + "y" * 400)[:kept]
    far = "(" + "a@b.com " * 44
    assert preview(far + "x" * 300, 300).startswith("(<EMAIL> <EMAIL>")


def test_digits_of_each_script_are_told_apart() -> None:
    """Only the ten digits of a script are digits: the sign before and behind them is none."""
    assert (
        redact(
            "\u065f\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661"
        )
        == "\u065f<CARD>"
    )
    assert scan("\u066a\u0661\u0661") == []


def test_a_hash_has_32_digits_whatever_its_key() -> None:
    """A key as long as a block is used as it is, a longer one is hashed first."""
    assert len(text_hash("jo")) == len(text_hash("jo", b"k" * 100)) == 32
    for key in (b"k" * 64, b"k" * 65):
        assert keyed_hash("jo", key) == hmac.digest(key, b"jo", "sha256").hex()[:32]


def test_a_teams_pattern_may_touch_a_placeholder() -> None:
    """Beside one it is replaced, over one it is not."""
    redaction = Redaction({"CUSTOMER": r"C-\d{6}", "TAG": r"L>.|.<E"})
    assert redaction.redact("C-123456<EMAIL>C-123456") == "<CUSTOMER><EMAIL><CUSTOMER>"
    assert redaction.redact("x<EMAIL>y") == "x<EMAIL>y"


@pytest.mark.parametrize(
    ("before", "text", "told"),
    [
        ("4111111111111112 ok", "4111111111111111 ok", "<CARD> ok"),
        ("4111 1111 1111 1112", "4111 1111 1111 1111", "<CARD>"),
        ("age 19", "age 91", "age 91"),
        ("at 999.999.999.999", "at 192.168.100.101", "at <IP>"),
    ],
)
def test_numbers_of_one_shape_are_told_apart(before: str, text: str, told: str) -> None:
    """A short text is looked at for itself, whatever was found in one with other digits before it."""
    first = preview(before)

    assert preview(text) == told
    assert preview(before) == first


def test_shapes_that_were_forgotten_are_told_again() -> None:
    """After more short texts of other shapes than are remembered each is told as before."""
    for length in range(1, 25):
        for word in LETTERS:
            assert preview(word * length) == word * length

    assert preview("call 123456") == "call <PHONE>"
    assert preview("say 1") == "say 1"
