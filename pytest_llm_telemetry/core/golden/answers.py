"""An answer, as text: from a string, from JSON, or from a provider's own response object."""

import json
import re
from collections import deque
from math import isfinite
from typing import Any

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.text import clean

SHOWN = 80
# a sign counts where no digit, word or bracket stands before it: "16-3" ends in 3, "= -3" in -3
_NUMBER = (  # compiled by the first grader that looks for one
    r"(?:(?<![\w.)])(?P<sign>[-+\u2212])\s?)?[$\u20ac\u00a3\u00a5]?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
)


def answer_text(answer: object) -> str:
    """The text of an answer.

    A string is itself, bytes are read as UTF-8, `None` is the empty text. Of a provider's
    response (object or dict, OpenAI, Anthropic, Gemini, Cohere or Ollama shaped) it is the text
    of the first message; any other dict, list, number or bool is its JSON.

    Raises:
        GoldenSetError: If there is no text to be found: `str()` of an unknown object would be
            graded as if the model had said it.
    """
    if answer is None or isinstance(answer, str):
        return answer or ""
    if isinstance(answer, bytes | bytearray):
        return answer.decode("utf-8", "replace")
    said = _message(answer)
    if said is not None:
        return said
    if isinstance(answer, bool | int | float | list | tuple | dict):
        return _json(answer)
    raise GoldenSetError(
        f"an answer of type {type(answer).__name__} has no text that graders can read",
        remedy="hand the text over: golden_case.check(answer.text)",
    )


def answer_value(answer: object) -> Any:
    """The JSON value of an answer: a dict or list is itself, a text is parsed as JSON.

    Raises:
        ValueError: If the text is not JSON (`NaN` and `Infinity` are not).
    """
    if isinstance(answer, dict | list) and _message(answer) is None:
        return answer
    try:
        return json.loads(answer_text(answer), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def last_number(text: str) -> float | None:
    """The last number in a text, as GSM8K reads answers: "A: 18", "$1,234.50", "-3", "1.5e3".

    `None` if there is none, or if it is too large for a float.
    """
    found = deque(re.finditer(_NUMBER, text, re.ASCII), maxlen=1)
    if not found:
        return None
    last = found.pop()
    number = float(last["digits"].replace(",", ""))
    if not isfinite(number):
        return None
    return number if last["sign"] in {None, "+"} else -number


def only_number(text: str) -> float | None:
    """The number that a text is, as `last_number` writes numbers; `None` if it says more."""
    return last_number(text) if re.fullmatch(_NUMBER, text.strip(), re.ASCII) else None


def quoted(text: str) -> str:
    """A text for one line of a report: in quotes, cut to 80 characters, nothing invisible live."""
    start = text[: 4 * SHOWN].strip()
    more = len(start) > SHOWN or len(text) > 4 * SHOWN
    return f'"{clean(start[: SHOWN - 4]).rstrip()} ..."' if more else f'"{clean(start)}"'


def _message(answer: object) -> str | None:
    """The text of a provider's response, by the shapes their SDKs and wire formats share."""
    for path in _PATHS:
        found: object = answer
        for step in path:
            found = _step(found, step)
        text = _joined(found)
        if text is not None:
            return text
    return None


_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("output_text",),  # OpenAI Responses
    ("choices", 0, "message", "content"),  # OpenAI Chat Completions and all who copy it
    ("choices", 0, "text"),  # OpenAI Completions
    ("candidates", 0, "content", "parts"),  # Gemini
    ("output", "message", "content"),  # Bedrock Converse
    ("message", "content"),  # Ollama, Cohere
    ("content",),  # Anthropic, LangChain
)


def _step(value: object, step: str | int) -> object:
    if isinstance(step, int):
        return value[step] if isinstance(value, list | tuple) and len(value) > step else None
    return value.get(step) if isinstance(value, dict) else getattr(value, step, None)


def _joined(found: object) -> str | None:
    """A text, or the joined texts of a list of content blocks."""
    if isinstance(found, str):
        return found
    if not isinstance(found, list | tuple) or not found:
        return None
    texts = [_step(block, "text") for block in found]
    kept = [text for text in texts if isinstance(text, str)]
    return "".join(kept) if kept else None


def _json(answer: object) -> str:
    try:
        return json.dumps(answer, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise GoldenSetError(
            f"an answer of type {type(answer).__name__} is not JSON: {error}",
            remedy="hand the text over: golden_case.check(text)",
        ) from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:40]} is too large for a number")
    return number
