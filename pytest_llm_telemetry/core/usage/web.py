"""Plain HTTP: responses of `requests`, `httpx` and alike, and boto3's InvokeModel.

Only a body that was read already is looked at; nothing is read here.
"""

from __future__ import annotations

from _collections_abc import Mapping

from pytest_llm_telemetry.core.usage import bedrock
from pytest_llm_telemetry.core.usage.looking import count, either, get, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found

_ERROR = 400
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def opened(response: Any) -> tuple[Any, Found] | None:
    """The body of an HTTP response as a JSON value, and what its headers tell; None if it is none.

    `http_response` is what the SDKs' raw responses wrap.
    """
    response = get(response, "http_response") or response
    metadata = get(response, "ResponseMetadata")
    if metadata is not None and get(response, "body") is not None:
        body, headers = get(response, "body"), get(metadata, "HTTPHeaders")
        return _value(body), bedrock.read_headers(lambda name: header(headers, name))
    headers = either(response, "headers", "_headers")
    status = count(response, "status_code", "status")
    if headers is None or status is None:
        return None
    found = bedrock.read_headers(lambda name: header(headers, name))
    if status >= _ERROR:
        found |= {"error_type": str(status), "status_code": status}
    return _value(either(response, "_content", "_body")), found


def _value(body: Any) -> Any:
    return body if isinstance(body, dict) else parsed(body)


def header(headers: Any, name: str) -> str | None:
    """A header's value, whatever case its name was sent in."""
    if not isinstance(headers, Mapping):
        return None
    for key, value in headers.items():
        if isinstance(key, str) and key.lower() == name and isinstance(value, str):
            return value
    return None


def retry_after(headers: Any) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds, or a date: RFC 9110).

    A date is taken against the response's own `date`, so no clock of ours is asked.
    """
    millis = _number(header(headers, "retry-after-ms"))
    if millis is not None:
        return millis / 1000
    told = header(headers, "retry-after")
    seconds = _number(told)
    if seconds is not None or told is None:
        return seconds
    until, now = _moment(told), _moment(header(headers, "date") or "")
    return None if until is None or now is None else float(max(until - now, 0))


def _number(text: str | None) -> float | None:
    """A decimal number of at least 0; nothing else that `float` takes, such as nan."""
    whole, _, rest = (text or "").partition(".")
    return float(f"{whole}.{rest or 0}") if whole.isdecimal() and f"{rest}0".isdecimal() else None


def _moment(text: str) -> int | None:
    """Seconds of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, from a fixed day."""
    words = text.replace(":", " ").split()
    if len(words) != 8 or words[2] not in _MONTHS:  # noqa: PLR2004 - the words of that one form
        return None
    numbers = [int(word) for word in (words[1], *words[3:7]) if word.isdecimal()]
    if len(numbers) != 5:  # noqa: PLR2004 - day, year, hour, minute, second
        return None
    day, year, hour, minute, second = numbers
    # Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil
    month = _MONTHS.index(words[2]) // 3 + 1
    year -= month <= 2  # noqa: PLR2004 - his years begin in March
    days = 365 * year + year // 4 - year // 100 + year // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day
    return days * _DAY + hour * _HOUR + minute * _MINUTE + second
