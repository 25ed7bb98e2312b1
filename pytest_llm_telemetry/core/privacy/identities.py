"""Ids with letters: IBANs, national ids with check letters, licences and passports, wallets."""

from __future__ import annotations

import re
from _hashlib import openssl_sha256 as sha256

from pytest_llm_telemetry.core.privacy import checks, contexts

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_FEWEST_DIGITS = 5
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_INSIDE = _SIGNS + "_-"
_LONGEST_HEAD, _LONGEST, _LONGEST_TAIL = 13, 20, 5
_IBAN = re.compile(r"[A-Za-z]{2}[0-9][0-9](?:[ -]?[A-Za-z0-9]){11,30}")
_COMPACT = re.compile(r"[A-Z]{2}[0-9]{2}(?=[A-Z]*[0-9]{8})[A-Z0-9]{11,30}+(?![A-Za-z0-9])")
_PRINTED = re.compile(
    r"[A-Z]{2}[0-9]{2}(?=((?: [A-Z0-9]{4}){3,7}))\1(?: [A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_TAIL = re.compile(r"[A-Za-z0-9]*")
_ID = re.compile(
    r"(?P<nif>(?:[0-9]{7,8}|[XYZ][0-9]{7})-?[A-Z])"
    r"|(?P<nino>[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z] ?[0-9][0-9] ?[0-9][0-9] ?[0-9][0-9] ?[A-D])"
    r"|(?P<fiscal>[A-Z]{6}[0-9][0-9][A-Z][0-9][0-9][A-Z][0-9]{3}[A-Z])"
    r"|(?P<pan>[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z])"
    r"|(?P<nric>[STFG][0-9]{7}[A-Z])"
    r"|(?P<curp>[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])"
    r"|(?P<hetu>[0-9]{6}[-+A][0-9]{3}[A-FHJ-NPR-Y0-9])"
)
_LAX = re.compile(r"[A-Za-z]{2} ?[0-9][0-9] ?[0-9][0-9] ?[0-9][0-9] ?[A-Da-dTt]")
_MIDDLE = re.compile(r"-[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-")
_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-...-[AC-HJKMNP-RT-Y]{2}[0-9][0-9](?![\w-])"
)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{7,8}")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WALLET = re.compile(
    r"[b013](?<!\w.)(?:(?<=b)c1[a-z0-9]{38,59}|(?<=[13])[1-9A-HJ-NP-Za-km-z]{25,34}"
    r"|(?<=0)x[0-9a-fA-F]{40})(?![A-Za-z0-9_])"
)


def find_iban(text: str, start: int, found: Spans) -> None:
    """Add the IBAN that begins here, if one does: mod 97 and its country's length hold.

    In capitals, without spaces or in fours, a check that holds is enough, whatever the country's length.
    """
    length = checks.IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
    match = _IBAN.match(text, start)
    if match is None:
        return
    taken, at = "", start
    while at < match.end() and len(taken) < length:
        taken += text[at] if text[at] not in " -" else ""
        at += 1
    whole = len(taken) == length > 0 and not text[at : at + 1].isalnum()
    if not whole or not checks.mod97(taken.upper()):
        compact = _COMPACT.match(text, start) or _PRINTED.match(text, start)
        if compact is None or not checks.mod97(compact[0].replace(" ", "")):
            return
        at = compact.end()
    found.append((start, at, "<IBAN>"))


def find_token(text: str, start: int, found: Spans) -> None:
    """Add the id whose first digits stand here, behind letters."""
    if start >= _LONGEST_HEAD and text[start - _LONGEST_HEAD : start].isalnum():
        return
    low = max(0, start - _LONGEST_HEAD)
    first = low + len(text[low:start].rstrip(_SIGNS))
    if first and text[first - 1] in _INSIDE:
        return
    tail = _TAIL.match(text, start)
    end = tail.end() if tail is not None else start
    if text[end : end + 1] == "-":  # before the letter of a NIE
        end += 2
        if _ID.fullmatch(text, first, end) is None or not _stands_alone(text, first, end):
            return
    if end - first <= _LONGEST:
        _add(text, first, end, found)


def find_before_letters(text: str, start: int, end: int, found: Spans) -> bool:
    """Add the id that begins with these digits, or two letters before, and ends in letters."""
    tail = _TAIL.match(text, end)
    last = tail.end() if tail is not None else end
    if last > end + _LONGEST_TAIL:
        return False
    # A NINO may have a space between its two letters and its digits.
    for first in (start, start - 3):
        match = _ID.match(text, first) if first >= 0 else None
        if match is None and first >= 0 and first != start:
            match = _LAX.match(text, first)
        if match is not None and match.end() >= end and _stands_alone(text, first, match.end()):
            return _add(text, first, match.end(), found)
    if end < last <= end + 3:  # letters behind the digits of a licence
        return _add(text, start, last, found)
    return False


def _stands_alone(text: str, start: int, end: int) -> bool:
    edges = text[start - 1 : start] + text[end : end + 1]
    return not any(sign.isalnum() or sign == "_" for sign in edges)


def _add(text: str, start: int, end: int, found: Spans) -> bool:
    value = text[start:end]
    match = _ID.fullmatch(value)
    label: str | None
    if match is not None and _holds(match):
        label = "<NATIONAL_ID>"
    elif sum(map(str.isdigit, value)) < _FEWEST_DIGITS:
        return False
    elif end - start == len(text) and _PASSPORT.fullmatch(value):
        label = "<PASSPORT>"
    elif end - start == len(text) and _LAX.fullmatch(value):
        label = "<NATIONAL_ID>"
    else:
        label = contexts.kind(contexts.before(text, start))
    if label is None or label[0] != "<":
        return False
    found.append((start, end, label))
    return True


def _holds(match: re.Match[str]) -> bool:
    """Whether the check letter holds, where the kind of id has one."""
    code = match[0].replace("-", "")
    if match.lastgroup == "nif":
        return checks.nif(code)
    if match.lastgroup == "nric":
        return checks.nric(code)
    if match.lastgroup == "hetu":
        return _HETU[int(match[0][:6] + match[0][7:10]) % 31] == match[0][10]
    return True


def find_hyphened(text: str, found: Spans) -> None:
    """Add the Medicare beneficiary ids (CMS: 11 signs without S, L, O, I, B and Z)."""
    for match in _MIDDLE.finditer(text):
        start = match.start() - 4
        whole = _MBI.match(text, start) if start >= 0 else None
        if whole is not None and not text[max(0, start - 1) : start].isalnum():
            found.append((start, whole.end(), "<MEDICAL_ID>"))


def find_wallets(text: str, found: Spans) -> None:
    """Add the addresses of a crypto currency."""
    for match in _WALLET.finditer(text):
        if match[0][0] in "b0" or _base58(match[0]):
            found.append((match.start(), match.end(), "<CRYPTO_ADDRESS>"))


def _base58(value: str) -> bool:
    """Whether the last four of the 25 bytes are the others' checksum (Bitcoin's Base58Check)."""
    number = 0
    for sign in value:
        number = number * 58 + _BASE58.index(sign)
    if number >> 200:
        return False
    data = number.to_bytes(25, "big")
    return sha256(sha256(data[:21]).digest()).digest()[:4] == data[21:]
