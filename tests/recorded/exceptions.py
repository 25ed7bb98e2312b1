"""Where ours differs from the recorded truth, one by one, with the reason."""

from collections.abc import Mapping
from typing import Any

# The truth has no such key, though the bytes tell the number: it was parsed without looking at the
# field that is named here. (interaction, key, what ours says and the bytes tell)
TOLD_BY_THE_BYTES: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "cached_tokens": (  # Cohere v2: usage.cached_tokens
        ("10ff58d3fdff", "cache_read_tokens", 144),
        ("14c960830867", "cache_read_tokens", 1024),
        ("163157e31a4e", "cache_read_tokens", 1024),
        ("68088ecdb4d7", "cache_read_tokens", 1024),
        ("6ebaf5a68767", "cache_read_tokens", 144),
        ("9386a28f328e", "cache_read_tokens", 1440),
        ("b3fa69a36b49", "cache_read_tokens", 1040),
        ("c09992124614", "cache_read_tokens", 2928),
        ("c54529e3b06a", "cache_read_tokens", 144),
    ),
    "num_cached_tokens": (  # Mistral: usage.num_cached_tokens
        ("2192088aea96", "cache_read_tokens", 0),
        ("3bf0b02f68c0", "cache_read_tokens", 0),
        ("60869f736528", "cache_read_tokens", 0),
        ("70918cb2616d", "cache_read_tokens", 0),
        ("8c48c5fa6144", "cache_read_tokens", 0),
        ("8cec374362c3", "cache_read_tokens", 0),
        ("91e07630dabe", "cache_read_tokens", 0),
    ),
    "cache_write_tokens": (  # OpenAI and OpenRouter: prompt_ or input_tokens_details
        ("24c90ae2072b", "cache_write_tokens", 4012),
        ("3c7ed19a52a8", "cache_write_tokens", 0),
        ("34ccda72269c", "cache_write_tokens", 0),
        ("ceb6da0ae5c3", "cache_write_tokens", 0),
        ("aa818c3ab661", "cache_write_tokens", 0),
        ("f395c6a996a8", "cache_write_tokens", 0),
        ("57ed8aa467f2", "cache_write_tokens", 0),
        ("72db1d48aa53", "cache_write_tokens", 0),
        ("8a04bb69c783", "cache_write_tokens", 0),
        ("d063e9b63e54", "cache_write_tokens", 0),
    ),
    "thinking_tokens": (  # Anthropic: usage.output_tokens_details.thinking_tokens
        ("a509a7745d3c", "reasoning_tokens", 47),
        ("596b1dd7b8f7", "reasoning_tokens", 0),
    ),
}

# Vertex blocked the prompt and sent no counts: the truth says 0, ours says that nothing was told.
NOT_TOLD_BY_THE_BYTES = "2c8cd2b08353"

# OpenRouter sends usage in the chunk that carries the error, which the openai SDK raises without
# handing it over; plain events have it.
LOST_BY_THE_SDK = "baafd4cb5cec"
LOST_KEYS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")

# A Bedrock error body is `{"message": ...}`: without its status it does not say that it is one.
NOT_AN_ERROR_BY_ITSELF = ("389515891e87", "82a19a754fc8", "e4c83fc79849", "f5c4ad25c43c")

# Bedrock counts an embedding's tokens in a header, which a dict of the body does not have.
TOLD_BY_A_HEADER = {
    "35f452edab2c": 18,
    "e0bebb52a620": 4,
    "e4fbcbb7d439": 6,
    "efc928c8d5ca": 5,
    "f35629cd3a70": 3,
}


def allowed(interaction: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Key -> (truth, ours) of the differences that are listed for this interaction and mode.

    Args:
        interaction: A recorded interaction.
        mode: "sdk", "http" (a response of requests or httpx), "dict" (the JSON body alone) or
            "events" (the events of a stream as dicts).
    """
    identity, truth = interaction["id"], interaction["truth"]
    found: dict[str, Any] = {}
    for listed in TOLD_BY_THE_BYTES.values():
        found |= {key: (None, told) for known, key, told in listed if known == identity}
    if identity == NOT_TOLD_BY_THE_BYTES:
        found |= {"input_tokens": (0, None), "output_tokens": (0, None)}
    if identity == LOST_BY_THE_SDK and mode == "sdk":
        found |= {key: (truth[key], None) for key in LOST_KEYS}
    return found | (_of_a_body_alone(identity, truth) if mode == "dict" else {})


def _of_a_body_alone(identity: str, truth: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if identity in NOT_AN_ERROR_BY_ITSELF:
        found["error"] = (True, None)
    if identity in TOLD_BY_A_HEADER:
        found["input_tokens"] = (TOLD_BY_A_HEADER[identity], None)
    return found
