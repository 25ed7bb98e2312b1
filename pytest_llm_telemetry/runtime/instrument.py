"""`instrument(client)`: every call of an SDK's client is watched, without a line at the calls.

Only the client that is handed in changes, and only its call methods: nothing is patched in the
SDK's classes or under them, and `uninstrument` leaves the client as it was.
"""

from __future__ import annotations

from functools import wraps

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.logger import TelemetryLogger
from pytest_llm_telemetry.runtime.managers import inside, managed
from pytest_llm_telemetry.runtime.wrapping import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from pytest_llm_telemetry.runtime.calls import ObservedCall

    C = TypeVar("C")

_HELPED = ("create", "parse", "stream")
_GENERATE = ("generate_content", "generate_content_stream")
_OPENAI = (
    ("chat.completions", "chat", _HELPED),
    ("responses", "chat", _HELPED),
    ("completions", "text_completion", ("create",)),
    ("embeddings", "embeddings", ("create",)),
)
_ANTHROPIC = (("messages", "chat", _HELPED), ("beta.messages", "chat", _HELPED))
_GENAI = (
    ("models", "generate_content", _GENERATE),
    ("models", "embeddings", ("embed_content",)),
    ("aio.models", "generate_content", _GENERATE),
    ("aio.models", "embeddings", ("embed_content",)),
)
# The package whose class the client is -> its call methods: resource, operation, names.
_CALLS = {"openai": _OPENAI, "anthropic": _ANTHROPIC, "google.genai": _GENAI}
_COPIES = ("copy", "with_options")  # a client's copy has resources of its own
_PROVIDERS = {
    "Azure": "azure.ai.openai",
    "Bedrock": "aws.bedrock",
    "Vertex": "gcp.vertex_ai",
    "Anthropic": "anthropic",
}
_BEFORE = "_before_instrument"


def instrument(client: C, telemetry: TelemetryLogger | None = None) -> C:
    """Watch every call of this client, and of the copies that are made of it from now on.

    Clients of openai (`OpenAI`, `AsyncOpenAI`, Azure's), anthropic and google-genai (both `client`
    and `client.aio`): chat, responses, completions, messages and embeddings, with their stream
    helpers. Anything else is `telemetry.wrap`'s.

    Args:
        client: The SDK's client, which is changed.
        telemetry: The logger. None writes nowhere by itself, so that only a test run sees calls.

    Returns:
        The client.

    Raises:
        ConfigError: The client is of no SDK that is known.
    """
    package = _package(client)
    uninstrument(client)
    logger = TelemetryLogger() if telemetry is None else telemetry
    provider = _provider(client, package)
    for owner, name, operation in _methods(client, package):
        method = getattr(owner, name)
        known = {"operation": operation, "provider": provider}
        _put(owner, name, _watched(method, _watch(logger, known)))
    for name in _COPIES:
        if hasattr(client, name):
            _put(client, name, _copying(getattr(client, name), logger))
    return client


def uninstrument(client: C) -> C:
    """Undo `instrument`; a client that is not instrumented stays as it is.

    Raises:
        ConfigError: The client is of no SDK that is known.
    """
    places = [(owner, name) for owner, name, _ in _methods(client, _package(client))]
    for owner, name in (*places, *((client, name) for name in _COPIES)):
        held = vars(owner).get(name)
        if not hasattr(held, _BEFORE):
            continue
        before = getattr(held, _BEFORE)
        delattr(owner, name)
        if before is not None:
            setattr(owner, name, before)
    return client


def _package(client: object) -> str:
    for base in type(client).__mro__:
        for package in _CALLS:
            if f"{base.__module__}.".startswith(f"{package}."):
                return package
    raise ConfigError(
        f"{type(client).__name__} is no client that can be instrumented",
        remedy=f"give one of {', '.join(_CALLS)}, or `telemetry.wrap` the function that calls it",
    )


def _methods(client: object, package: str) -> Iterator[tuple[Any, str, str]]:
    """The owner, the name and the operation of each call method that this version has."""
    for path, operation, names in _CALLS[package]:
        owner: Any = client
        for step in path.split("."):
            owner = getattr(owner, step, None)
        for name in names:
            if hasattr(owner, name):
                yield owner, name, operation


def _provider(client: object, package: str) -> str | None:
    """Who is asked, for the calls that fail; a response knows better."""
    names = [base.__name__ for base in type(client).__mro__]
    for part, provider in _PROVIDERS.items():
        if any(part in name for name in names):
            return provider
    if package == "google.genai":
        return "gcp.gemini"
    return "openai" if "://api.openai.com" in str(getattr(client, "base_url", "")) else None


def _put(owner: Any, name: str, watched: Any) -> None:
    setattr(watched, _BEFORE, vars(owner).get(name))
    setattr(owner, name, watched)


def _watch(
    logger: TelemetryLogger, known: dict[str, str | None]
) -> Callable[[tuple[Any, ...], dict[str, Any]], ObservedCall]:
    found = {name: value for name, value in known.items() if value is not None}

    def watch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> ObservedCall:
        call = logger.watch(args, kwargs)
        call.fields = {**found, **call.fields}
        return call

    return watch


def _watched(method: Any, watch: Callable[..., ObservedCall]) -> Any:
    observed = wrap(watch, method)

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        if inside():  # a stream helper calls `create`, and is watched itself
            return method(*args, **kwargs)
        if method.__name__ == "stream":
            return managed(lambda: method(*args, **kwargs), lambda: watch(args, kwargs))
        return observed(*args, **kwargs)

    return call


def _copying(method: Any, logger: TelemetryLogger) -> Any:
    @wraps(method)
    def copy(*args: Any, **kwargs: Any) -> Any:
        return instrument(method(*args, **kwargs), logger)

    return copy
