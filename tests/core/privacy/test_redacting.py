"""Redaction as a whole: idempotent, complete, in order, and a team's own patterns."""

import hmac
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry import Redaction
from pytest_llm_telemetry.core import privacy
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.privacy import (
    PREVIEW_LENGTH,
    assignments,
    keyed_hash,
    plain,
    preview,
    redact,
    scan,
    scanning,
    text_hash,
)

KEY = "sk-" + "a1B2c3D4" * 3
SECRETS = [
    "jo.doe@example.com", "4111111111111111", "4111 1111 1111 1111", "GB29NWBK60161331926819",
    "078-05-1120", "+44 20 7946 0958", "(415) 555-0132", "192.168.17.4", "2001:db8::8a2e:370:7334",
    "0a:23:f5:67:89:ac", "https://bob:hunter2@db.example", KEY, "ghp_" + "a1B2c3D4e5" * 4,
    "password: Tr0ub4dor&3", "api_key = 'a1B2c3D4e5F6g7'", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijkl",
]  # fmt: skip
PIECES = [
    *SECRETS, "card ", "call ", "password is ", "passport ", "token=", "<EMAIL>", "<CARD>", "SSN ", "1234567",
    "12345678901", "4111", "<", "638 2229", "@", ".", ":", "-", " ", "\n", "'", '"', "=", "x", "Z", "9", "\u00e9", "\u0130", "key ", "curl -u ",
]  # fmt: skip
WORDS = [
    "password is", "pwd", "pin", "pass", "kennwort ist", "contrase\u00f1a", "bearer", "curl -u", "token", "('a1b2c3'", "don't",
    "k,'v4lue5'", "is", "4321", "12", "7", "card", "secret", "abcdefghijkl", "sk-abcdefghijk", "A1234", "-----BEGIN", "PRIVATE KEY-----",
    "Gr\u00fc\u00dfe", "\u0130stanbul", "\u212aennwort", "x.y", "1.2.3.4", "a-b", "he's", "'quoted'", "hunter2!", "(415)", "555-0132",
]  # fmt: skip
PROSE = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
MIXED = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(MIXED | PROSE | st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """What is redacted holds nothing more to redact."""
    once = redact(text)
    assert redact(once) == once
    assert scan(once) == []


@given(MIXED | st.text())
def test_spans_are_in_order_and_apart(text: str) -> None:
    """Spans lie in the text, do not overlap, and name a class."""
    at = 0
    for start, end, label in scan(text):
        assert at <= start < end <= len(text)
        assert (label[0], label[-1]) == ("<", ">")
        at = end


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("curl -u a:curl -u b:pw1", "curl -u <URL_CREDENTIALS> -u <URL_CREDENTIALS>"),
        ("login || abcd1234efgh5678 a@b.com", "login || <API_KEY> <EMAIL>"),
        ("to=a@b.com\nsecret = fake\n\n\nto=a@b.com", "to=<EMAIL>\nsecret = fake\n\n\nto=<EMAIL>"),
        ('if "x fake@b.com" == password', 'if "<PASSWORD>" == password'),
        ("<password>hunter22</password> a@b.com", "<password><PASSWORD></password> <EMAIL>"),
        ("http://10.0.0.1:8080/x a@b.com 12 34", "http://<IP>:8080/x <EMAIL> 12 34"),
        ("\u0130 \u212aENNWORT: hunter22 a@b.com", "\u0130 \u212aENNWORT: <PASSWORD> <EMAIL>"),
    ],
)
def test_what_a_placeholder_changes_is_looked_at_again(text: str, told: str) -> None:
    """A name before or behind what was replaced is judged by what stands there now."""
    assert redact(text) == told
    assert redact(told) == told


@given(
    st.sampled_from(SECRETS),
    st.lists(st.sampled_from(["please", "send", "it", "to", "me,", "now"])),
    st.lists(st.sampled_from(["and", "thank", "you", "so", "much"])),
)
def test_a_secret_is_found_wherever_it_stands(
    secret: str, before: list[str], after: list[str]
) -> None:
    """Words around a secret do not hide it, nor does a cut through it."""
    text = " ".join([*before, secret, *after])
    value = secret.split("'")[1] if "'" in secret else secret.rsplit(" ", 1)[-1]
    assert value not in redact(text)
    padded = "lorem ipsum " * ((PREVIEW_LENGTH - 8) // 12) + text
    told = preview(padded + " dolor sit amet" * 99)
    assert len(told) <= PREVIEW_LENGTH
    assert not any(value[:size] in told for size in range(len(value) // 2 + 3, len(value)))


@given(MIXED | PROSE | st.text())
def test_what_is_told_to_be_plain_holds_nothing(text: str) -> None:
    """The quick test of a text changes no finding: what it passes over has nothing to find."""
    text = plain.with_ascii_digits(text)
    assert scan(text) == scanning.look(text)[0]


@pytest.mark.parametrize(
    "zero",
    "\u0660\u06f0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0e50\u0ed0\u1040\u17e0\u1810\uff10",
)
def test_digits_of_any_script_are_digits(zero: str) -> None:
    """A card or a phone in Arabic, Indic, Thai or wide digits is one as well, the rest stays."""
    digits = {48 + digit: ord(zero) + digit for digit in range(10)}
    text = "pay 7 with 4111 1111 1111 1111, call +44 20 7946 0958 \u00e9".translate(digits)
    assert redact(text) == f"pay {chr(ord(zero) + 7)} with <CARD>, call <PHONE> \u00e9"


def test_a_preview_reads_only_ahead_of_its_cut() -> None:
    """A preview of a very long text is cut after redaction, control signs become spaces."""
    assert preview("a@b.com\x00\u2028" + "x" * 10**6)[:10] == "<EMAIL> xx"
    assert preview("y" * 95 + " a@b.com") == "y" * 95 + " <EMA"
    assert preview("-----BEGIN PRIVATE KEY-----" + "a" * 10**5) == "<PRIVATE_KEY>"
    assert text_hash("jo") == text_hash("jo") != text_hash("jo", b"k")
    assert keyed_hash("jo", b"k") == keyed_hash("jo", b"k") != keyed_hash("jo", b"l")


@given(st.text(), st.binary(max_size=150))
def test_a_user_hash_is_hmac_sha256(user: str, key: bytes) -> None:
    """Whatever the key's length, the hash is what the standard library's `hmac` makes of it."""
    name = user.encode("utf-8", "surrogatepass")
    assert keyed_hash(user, key) == hmac.digest(key, name, "sha256").hex()[:32]


def test_a_team_adds_patterns_and_allows_values() -> None:
    """A pattern of one's own is replaced by its name, and an allowed value stays."""
    redaction = Redaction(
        {"CUSTOMER": r"C-\d{6}", "WORD": r"[A-Z]{5}|"}, allow=[r".*@example\.com", r"help@.*"]
    )
    told = redaction.redact("C-123456 a@example.com, b@other.org HELLO <EMAIL>")
    assert told == "<CUSTOMER> a@example.com, <EMAIL> <WORD> <EMAIL>"
    assert redaction.redact(told) == told
    assert redaction.preview("help@x.org " * 50, 12) == "help@x.org h"
    assert Redaction(allow=[r"10\..*"]).redact("10.0.0.1 1.2.3.4") == "10.0.0.1 <IP>"
    assert Redaction().redact("nothing") == "nothing"


@pytest.mark.parametrize("patterns", [{"lower": "x"}, {"OK": "("}])
def test_a_pattern_that_cannot_be_used_is_refused(patterns: dict[str, str]) -> None:
    """A class in small letters or a broken expression is a ConfigError that says so."""
    with pytest.raises(ConfigError, match=r"lower|unterminated|missing"):
        Redaction(patterns)


def test_an_import_compiles_no_pattern() -> None:
    """The rooms that find are imported with the first text, not at a service's start."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys, pytest_llm_telemetry.core.privacy as p;"
                "print([m for m in sys.modules if m.startswith(p.__name__ + '.')]);"
                "print(p.redact('a@b.com'))"
            ),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "scanning" not in told
    assert "<EMAIL>" in told


def test_a_plain_text_needs_no_finder() -> None:
    """Most texts hold nothing with a shape, and are told without compiling what finds."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys, pytest_llm_telemetry.core.privacy as p;"
                "texts = ['say 17', 'contains \"17\"', 'ein Brief ' * 99, '\u0663'];"
                "assert [p.redact(text) for text in texts] == texts;"
                "assert p.preview('say 17') == 'say 17';"
                "print(p.__name__ + '.scanning' in sys.modules);"
                "print(p.preview('my password is hunter22 ok'))"
            ),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told == "False\nmy password is <PASSWORD> ok\n"


def test_what_may_hold_a_secret_is_looked_at() -> None:
    """Each hint that a finder of secrets looks for makes a text one that may hold some."""
    assert tuple(hint for hint, _ in assignments.LOOKS) == plain.HINTS


def test_finders_come_with_the_first_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after, a text is told as it is where it holds nothing, and else redacted."""
    monkeypatch.setattr(privacy, "_finders", None)
    assert [privacy.redact(text) for text in ("say 17", "a@b.com", "say 17")] == [
        "say 17",
        "<EMAIL>",
        "say 17",
    ]
