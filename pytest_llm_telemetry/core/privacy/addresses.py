"""IP and MAC addresses."""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy.plain import COLONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_HEX = frozenset("0123456789abcdefABCDEF")
_DOTTED = re.compile(
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:/[0-9][0-9]?(?![0-9.]))?(?!\.?\w)"
)
_VERSION = re.compile(r"v(?:er(?:sion(?:added|changed)?)?)?\.?[ :=]{0,3}\Z", re.IGNORECASE)
_SLICE = re.compile(r"[\w\])]\[\Z")
_RUN = re.compile(r"[0-9A-Fa-f:.]+")
_PREFIX = re.compile(r"%[A-Za-z0-9]{1,15}|/[0-9]{1,3}(?![0-9])")
_HYPHENS = re.compile(
    r"-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}(?![\w-])"
)
_DOTS = re.compile(r"\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])")
_GROUPS, _MAC_GROUPS = 8, 6
_LONGEST_V6 = 45
_LARGEST_PREFIX, _LARGEST_V6_PREFIX = 32, 128


def find(text: str, found: Spans) -> None:
    """Add the addresses of a text that has a digit."""
    if ":" in text:
        _find_colons(text, found)
    if "-" in text:
        for match in _HYPHENS.finditer(text):
            _mac(text, match, 2, found)
    if text.count(".") >= 2:  # the dots of a MAC address
        for match in _DOTS.finditer(text):
            _mac(text, match, 4, found)


def find_v4(text: str, low: int, high: int, found: Spans) -> bool:
    """Add the IPv4 addresses between two places, and say whether there were any."""
    count = len(found)
    for match in _DOTTED.finditer(text, low, high):
        start, end = match.span()
        if start and (text[start - 1].isalnum() or text[start - 1] in "._"):
            continue
        address, _, prefix = match[0].partition("/")
        octets = [int(part) for part in address.split(".")]
        if max(octets) > 255 or (octets[0] == 0 and max(octets) > 0):  # RFC 1122: 0 is this network
            continue
        if _VERSION.search(text, max(0, start - 18), start):
            continue
        if prefix and int(prefix) > _LARGEST_PREFIX:
            end -= len(prefix) + 1
        found.append((start, end, "<IP>"))
    return len(found) > count


def _find_colons(text: str, found: Spans) -> None:
    end = 0
    match = COLONS.search(text)
    while match is not None:
        start = match.start()
        while start > max(end, match.start() - 4) and text[start - 1] in _HEX:
            start -= 1
        run = _RUN.match(text, start)
        end = run.end() if run is not None else match.end()
        _colons(text, start, end, found)
        match = COLONS.search(text, end)


def _colons(text: str, start: int, end: int, found: Spans) -> None:
    """A run of hex digits, colons and dots: a MAC address, an IPv6 address, or a time of day."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or after.isalnum() or "_" in {before, after}:
        return
    if after == "]" and _SLICE.search(text, max(0, start - 2), start):
        return
    run = text[start:end].rstrip(".")
    if run.endswith(":") and not run.endswith("::"):
        run = run[:-1]
    if len(run) > _LONGEST_V6:
        return
    end = start + len(run)
    groups = run.split(":")
    if len(groups) == _MAC_GROUPS and all(len(group) == 2 for group in groups):  # two hex digits
        found.append((start, end, "<MAC>"))
        return
    suffix = _PREFIX.match(text, end)
    if _is_v6(run, of_network=suffix is not None and suffix[0][0] == "/"):
        if suffix is not None and (suffix[0][0] == "%" or int(suffix[0][1:]) <= _LARGEST_V6_PREFIX):
            end = suffix.end()
        found.append((start, end, "<IP>"))


def _is_v6(run: str, *, of_network: bool) -> bool:
    """RFC 4291, section 2.2; a short one without a digit is rather a name of C++."""
    halves = run.split("::")
    if len(halves) > 2:  # :: may stand once
        return False
    if not of_network and run.count(":") < 3 and not any(sign.isdigit() for sign in run):
        return False
    groups = [group for half in halves for group in half.split(":") if half]
    count = len(groups)
    if groups and "." in groups[-1]:
        octets = groups.pop().split(".")
        if len(octets) != 4 or not all(o.isdigit() and int(o) <= 255 for o in octets):  # IPv4
            return False
        count += 1
    if not all(1 <= len(group) <= 4 and _HEX.issuperset(group) for group in groups):  # hex
        return False
    return count < _GROUPS if len(halves) == 2 else count == _GROUPS  # with ::


def _mac(text: str, match: re.Match[str], size: int, found: Spans) -> None:
    start = match.start() - size
    if start < 0 or not _HEX.issuperset(text[start : match.start()]):
        return
    if start and (text[start - 1].isalnum() or text[start - 1] in "-_."):
        return
    if size == 4 and text[start : match.end()].replace(".", "").isdigit():  # dotted
        return
    found.append((start, match.end(), "<MAC>"))
