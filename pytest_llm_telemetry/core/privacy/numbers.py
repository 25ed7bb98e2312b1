"""Numbers written in digits: cards, phones, social security and other ids with check digits."""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import addresses, checks, contexts, identities
from pytest_llm_telemetry.core.privacy.plain import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_SHORTEST, _LONGEST = 6, 40
_TWO = 13  # characters in which two numbers may stand
# The first digit is taken before the look behind, so that the search may skip what cannot begin.
# Behind letters, the rest of the word is taken too: the first digits in it have told all of it.
_CLUSTER = re.compile(
    r"[0-9](?=[0-9 .()/-])(?:(?=[0-9 .()/-]{5})(?<![A-Za-z0-9_][0-9])[0-9]*+(?:[ .()/-]{1,3}+[0-9]++)*"
    r"|(?<=[A-Za-z][0-9])(?:[0-9](?<=[A-Za-z]{2}[0-9][0-9])(?<![A-Za-z0-9][A-Za-z]{2}[0-9][0-9])(?P<iban>)"
    r"|(?P<lettered>[0-9][0-9]))[A-Za-z0-9]*+)"
)
_EXTENSION = re.compile(r"(?: ?[xX]|[ ,]{0,2}[Ee]xt\.? ?|#)[0-9]{1,6}(?!\w)")
_AFTER = re.compile(
    r"(?: ?-| ?\(| is (?:my|our|his|her|the) (?:\w{2,8} )?)(?:office|fax|home|mobile|cell|work|tel|phone|telephone|handy|whatsapp)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:[0-9]{4}[-/.][0-9][0-9]?[-/.][0-9][0-9]?|[0-9][0-9]?([-/.])[0-9][0-9]?\1(?:19|20)[0-9][0-9])(?![0-9])"
)
_SSN = re.compile(r"[0-9]{3}([-. ])[0-9]{2}\1[0-9]{4}")
_SSN_PART = re.compile(r"[0-9]{3}-[0-9]{6}|[0-9]{5}-[0-9]{4}")  # as it is answered in a hurry
_LETTER = re.compile(r" [A-Da-dTt](?![A-Za-z0-9])")  # the last of a NINO
_HAS_LETTERS = re.compile(r"(?s).{40}|[^A-Za-z]*[A-Za-z]")  # or is no short answer
_CARD_GROUPS = re.compile(
    r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}"
)
_NANP = re.compile(
    r"(?:\+?1[-. ]|001[-. ])?(?:\([2-9][0-9][0-9]\) ?|[2-9][0-9][0-9][-.])[0-9]{3}[-.][0-9]{4}"
)
# With a trunk prefix: of Russia and its neighbours, of North America, and before two groups.
_TRUNK = re.compile(
    r"8[ -]?\([0-9]{3,5}\)[ -]?[0-9-]{5,10}|8-[0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{2}"
    r"|1 [2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}|0[1-9][0-9]{3} [0-9]{6}|0[1-9][0-9]{1,2}-[0-9]{7}"
)
_WITHIN = re.compile(
    r"(?<![0-9.])(?:[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}-[0-9]{6}|[0-9]{5}-[0-9]{4}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
    r"|\(?[2-9][0-9][0-9]\)?[-.][0-9]{3}[-.][0-9]{4}|[0-9]{14,19})(?![0-9]|\.[0-9])"
)
_NO_SIGN = frozenset("eE0123456789")  # behind these a + adds: 1e+9, 2.0+1.6.1
_BY_GROUPS = {"<PHONE>", "<NATIONAL_ID>"}
_JOINED = re.compile(r"[0-9a-f]{2}-(?=[0-9])")  # to digits that belong to letters
_JOINTS = " .()/-"
_NO_DIGITS = re.compile(r"[^0-9]+")
_GROUPS = {
    (4, 4, 4): checks.verhoeff,
    (3, 3, 3): checks.luhn,
    (3, 3, 4): checks.nhs,
    (4, 3, 3): checks.npi,
    (4, 5, 1): checks.medicare,
    (3, 3, 3, 2): checks.cpf,
    (2, 3, 3, 4, 2): checks.cnpj,
    (2, 3, 3, 3): checks.abn,
    (1, 2, 2, 2, 3, 3, 2): checks.nir,
    (6, 7): checks.rrn,
    (6, 4): checks.personnummer,
}
_DOTTED = {(3, 3, 3, 2), (2, 3, 3, 4, 2)}  # Brazil's have dots
# What a message that is nothing but so many digits may be.
_ALONE = {
    9: (checks.tfn, checks.acn, checks.bsn),
    10: (checks.nhs, checks.npi, checks.medicare, checks.personnummer),
    11: (checks.pesel, checks.steuer_id, checks.cpf, checks.abn),
    12: (checks.verhoeff,),
    13: (checks.rrn,),
    14: (checks.cnpj,),
    15: (checks.nir,),
}


def find(text: str, found: Spans) -> bool:
    """Add the numbers of a text, and say whether there are any to look at."""
    if DIGITS.search(text) is None:
        return False
    for match in _CLUSTER.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind is not None:
            if kind == "iban":
                identities.find_iban(text, start - 2, found)
            if kind == "lettered" or text[start + 2 : start + 3].isdigit():
                identities.find_token(text, start, found)
        elif end - start >= _SHORTEST:
            _cluster(text, start, end, found)
    if "-" in text:
        identities.find_hyphened(text, found)
    return True


def _cluster(text: str, start: int, end: int, found: Spans) -> None:
    """Digits and what joins them, taken whole where it is one number, else by its parts."""
    dots = text.count(".", start, end)
    if dots >= 3 and addresses.find_v4(text, start, end + 1, found):
        return
    if _has_letters(text, start, end, found):
        return
    first = _first(text, start, end)
    label = classify(text, first, end) if end - first <= _LONGEST else None
    if label in _BY_GROUPS and start > 2 and _JOINED.match(text, start - 3):
        return
    if label is not None:
        extension = _EXTENSION.match(text, end)
        ends = end if extension is None or label != "<PHONE>" else extension.end()
        found.append((first, ends, label))
    elif end - start >= _TWO and (first < start or not text[start:end].isdigit()):
        _parts(text, start, end, found)


def _first(text: str, start: int, end: int) -> int:
    """Where a number begins whose digits begin here: at a + or a bracket of its own."""
    first = start
    while first and first > start - 2 and text[first - 1] in "+(":
        first -= 1
    if text[first] == "+" and text[max(0, first - 1) : first] in _NO_SIGN:
        return start
    remark = text[first] == "(" and ")" not in text[first:end]
    return first + 1 if remark else first


def _has_letters(text: str, start: int, end: int, found: Spans) -> bool:
    """Whether the digits belong to letters around them; such an id is added if it is known."""
    after = text[end : end + 1]
    if end - start <= 8 and text[max(0, start - 3) : start - 1].isalpha():
        lettered = after.isalnum() or after in {"+", "-"} or _LETTER.match(text, end) is not None
        if lettered and identities.find_before_letters(text, start, end, found):
            return True
    if after == "-" and text[end + 1 : end + 2].isupper():
        return identities.find_before_letters(text, start, end, found)
    if (after.isalnum() and _EXTENSION.match(text, end) is None) or after == "_":
        if not identities.find_before_letters(text, start, end, found):
            _without_last(text, start, end, found)
        return True
    return False


def _without_last(text: str, start: int, end: int, found: Spans) -> None:
    """Of "555-0132 2nd" the number is what stands before the 2."""
    low = start + len(text[start:end].rstrip("0123456789"))
    last = start + len(text[start:low].rstrip(_JOINTS))
    if last - start >= _SHORTEST:
        _cluster(text, start, last, found)


def _parts(text: str, start: int, end: int, found: Spans) -> None:
    for part in _WITHIN.finditer(text, start, end):
        label = classify(text, part.start(), part.end())
        if label is not None:
            found.append((part.start(), part.end(), label))


def classify(text: str, start: int, end: int) -> str | None:
    """The class of one number, by its shape, its check digit and the words around it."""
    value = text[start:end]
    digits = value if value.isdigit() else _NO_DIGITS.sub("", value)
    length = len(digits)
    if length < _SHORTEST:
        return None
    if length == len(value):
        label = _plain(digits)
    elif _DATE.match(value):
        return None
    else:
        label = _grouped(text, value, digits)
    if label is None and end - start >= len(text) - 1 and text.startswith(value):
        label = _alone(digits, value)
    return label or _by_context(text, start, end, digits)


def _plain(digits: str) -> str | None:
    if len(digits) in {14, 15, 16, 18, 19} and checks.issued(digits) and checks.luhn(digits):
        return "<CARD>"
    return None


def _grouped(text: str, value: str, digits: str) -> str | None:
    """A number whose groups tell what it is."""
    length = len(digits)
    if _SSN.fullmatch(value) or (_SSN_PART.fullmatch(value) and not _HAS_LETTERS.match(text)):
        return "<SSN>" if checks.ssn(digits) else None
    if _CARD_GROUPS.fullmatch(value):
        return "<CARD>" if checks.luhn(digits) else None
    if value[0] == "+" or (value[0] == "(" and ")" in value):
        if length + 2 == len(value) and "." in value:  # a decimal with its sign
            return None
        return "<PHONE>" if 7 <= length <= 15 else None  # ITU-T E.164
    if _NANP.fullmatch(value) or _TRUNK.fullmatch(value):
        return "<PHONE>"
    groups = tuple(map(len, _NO_DIGITS.split(value)))
    if (
        digits[0] == "0" and groups[0] > 1 and len(groups) >= 3 and 9 <= length <= 15
    ):  # a trunk prefix
        return "<PHONE>" if "." not in value or len(groups) > 3 else None  # no version
    return _checked(value, groups, digits)


def _checked(value: str, groups: tuple[int, ...], digits: str) -> str | None:
    checked = _GROUPS.get(groups) if "." not in value or groups in _DOTTED else None
    return "<NATIONAL_ID>" if checked is not None and checked(digits) else None


def _alone(digits: str, value: str) -> str | None:
    """A message that is nothing but a number with a valid check digit answers a question."""
    length = len(digits)
    if length == len(value) == 9 and checks.ssn(digits):  # digits of an SSN
        return "<SSN>"
    if _SSN.fullmatch(value) or value.count(".") == 1:  # never issued, or a decimal
        return None
    airline = length == 15 and digits[0] == "1"  # of UATP
    if 12 <= length <= 19 and checks.luhn(digits) and (checks.issued(digits) or airline):
        return "<CARD>"
    tests = _ALONE.get(length, ())
    return "<NATIONAL_ID>" if any(test(digits) for test in tests) else None


def _by_context(text: str, start: int, end: int, digits: str) -> str | None:
    """What a word of the same sentence, or one right behind, tells of what is no decimal or version."""
    length = len(digits)
    dots = text.count(".", start, end)
    edge = text[start - 1 : start]
    if length > 20 or dots == 1 or (dots and edge == "/") or (length == 6 and edge == "#"):
        return None
    if _AFTER.match(text, end):
        return "<PHONE>"
    told = contexts.before(text, start)
    kind = contexts.kind(told) if told else None
    if kind == "card":
        return "<CARD>" if 12 <= length <= 19 and checks.luhn(digits) else None  # ISO/IEC 7812
    if kind == "phone":
        return "<PHONE>" if length <= 15 else None  # ITU-T E.164
    return kind
