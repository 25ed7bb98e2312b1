"""OpenAI's embeddings on the wire: https://platform.openai.com/docs/api-reference/embeddings."""

from base64 import b64encode
from math import sqrt
from struct import pack
from typing import Any

from pytest_llm_telemetry.loopback.chance import draw
from pytest_llm_telemetry.loopback.exchange import Turn
from pytest_llm_telemetry.loopback.prompt import estimate_tokens

_DIMENSIONS = 1536  # of text-embedding-3-small


def plain(turn: Turn) -> dict[str, Any]:
    """The body: one unit vector an input, as floats or base64, whichever the request asks for.

    The vectors are hashed bags of words: deterministic, and near each other for texts that share
    words. They carry no meaning beyond that.
    """
    request = turn.request
    texts = _inputs(request["input"])
    size = int(request.get("dimensions") or _DIMENSIONS)
    packed = request.get("encoding_format") == "base64"
    tokens = sum(estimate_tokens(text) for text in texts)
    vectors = [_vector(text, size) for text in texts]
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": b64encode(pack(f"<{size}f", *vector)).decode() if packed else vector,
            }
            for index, vector in enumerate(vectors)
        ],
        "model": turn.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _inputs(given: Any) -> list[str]:
    """The texts of the input: one text, one list of token numbers, or a list of either."""
    if isinstance(given, str):
        return [given]
    if given and all(isinstance(number, int) for number in given):
        given = [given]
    return [one if isinstance(one, str) else " ".join(map(str, one)) for one in given]


def _vector(text: str, size: int) -> list[float]:
    vector = [0.0] * size
    for word in text.lower().split() or [""]:
        vector[int(draw(word, "dimension") * size)] += 1.0 if draw(word, "sign") < 0.5 else -1.0  # noqa: PLR2004 - a coin
    # Opposite signs may cancel every word out; a unit vector is promised all the same.
    if not any(vector):
        vector[0] = 1.0
    norm = sqrt(sum(value * value for value in vector))
    return [value / norm for value in vector]
