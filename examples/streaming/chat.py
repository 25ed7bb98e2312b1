"""A chat that streams, as production runs it: the first word counts as much as the last."""

from collections.abc import Iterator

from openai import OpenAI

from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger("logs/llm.jsonl", service="chat")


def words(question: str) -> Iterator[str]:
    """The answer, piece by piece. A reader who leaves early has abandoned it."""
    with telemetry.observe(question) as call, OpenAI() as client:
        stream = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},  # without it tokens and cost are unknown
        )
        for chunk in call.stream(stream):
            for choice in chunk.choices:
                if choice.delta.content:
                    yield choice.delta.content
