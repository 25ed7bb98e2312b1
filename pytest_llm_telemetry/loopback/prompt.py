"""Read a request of any of the wire formats: the question, its tokens, the pieces of an answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = re.compile(r"[A-Za-z0-9]+|[^\W\d_]+|[^\sA-Za-z0-9]")
_PIECES = re.compile(r"\s*\S+\s*?|\s+")
_CHARACTERS_A_TOKEN = 6  # of a plain word: common words are one token, long ones fall apart
_TOKENS_A_MESSAGE = 3  # what chat formats add around each message, and once more at the end


def question(request: Mapping[str, Any]) -> str:
    """The text of the last user message of a chat, responses or messages request; "" for none."""
    if isinstance(request.get("input"), str):
        return str(request["input"])
    for message in reversed(_messages(request)):
        if isinstance(message, Mapping) and message.get("role") == "user":
            return " ".join(_texts(message.get("content")))
    return ""


def estimate_tokens(text: str) -> int:
    """Tokens that a text takes, roughly: short words one, longer ones more, punctuation one.

    Deterministic and without a vocabulary; fit for comparing runs with each other, not bills.
    """
    return sum(_tokens_of(word) for word in _WORDS.findall(text))


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """Tokens of everything that the request asks the model to read, by `estimate_tokens`."""
    messages = _messages(request)
    spoken = [*_texts(request.get("system")), *_texts(request.get("instructions"))]
    for message in messages:
        spoken += _texts(message.get("content") if isinstance(message, Mapping) else message)
    if isinstance(request.get("input"), str):
        spoken.append(request["input"])
    framing = _TOKENS_A_MESSAGE * (max(len(messages), 1) + 1)
    return framing + sum(estimate_tokens(text) for text in spoken)


def pieces(text: str) -> list[str]:
    """The text cut as a model streams it: about a word a piece; joined they are the text again."""
    return _PIECES.findall(text)


def _tokens_of(word: str) -> int:
    size = _CHARACTERS_A_TOKEN if word.isascii() else 2
    return -(-len(word) // size)


def _messages(request: Mapping[str, Any]) -> list[Any]:
    for key in ("messages", "input"):
        if isinstance(request.get(key), list):
            return list(request[key])
    return []


def _texts(content: Any) -> Iterator[str]:
    """The texts of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(text, str):
                yield text
