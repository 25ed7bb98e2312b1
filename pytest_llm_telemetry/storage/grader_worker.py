"""The process in which patterns and schemas of golden files run, so that it can be killed.

It runs as a script of its own and imports nothing of this package: one JSON job a line in, one
JSON answer a line out. An answer is {"why": null} if the text or value fits, {"why": text} if it
does not, and {"invalid": text} if the pattern or the schema itself is at fault.
"""

import json
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

Answer = dict[str, str | None]


def search(pattern: str, text: str) -> Answer:
    """Whether a pattern is found in a text (Python's `re.search`)."""
    try:
        return {"why": None if re.search(pattern, text) else ""}
    except (re.error, RecursionError, OverflowError) as error:
        return {"invalid": f"no pattern: {error}"}


def validate(schema: dict[str, Any], value: Any) -> Answer:
    """Whether a value fits a JSON Schema (draft 2020-12); no `$ref` is ever fetched."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - 100 ms that regex jobs need not wait for
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - as above
    from referencing import Registry  # noqa: PLC0415 - as above
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - as above

    try:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())
        fault = best_match(validator.iter_errors(value))
    except SchemaError as error:
        return {"invalid": f"no JSON Schema: {error.message[:200]}"}
    except Unresolvable as error:
        return {"invalid": f"$ref {error.ref[:200]!r} is not in the schema itself"}
    except RecursionError:
        return {"invalid": "refers to itself without end, or is nested too deeply"}
    if fault is None:
        return {"why": None}
    place = "".join(f"[{step!r}]" for step in fault.absolute_path)
    return {"why": f"{place} {fault.message[:200]}".strip()}


JOBS: dict[str, Callable[[Any, Any], Answer]] = {"regex": search, "json-schema": validate}


def serve(kind: str, jobs: TextIO, answers: TextIO) -> None:
    """Answer jobs until the pipe ends, which it does when the process that asks ends."""
    job = JOBS[kind]
    job({} if kind == "json-schema" else "", "")  # its imports are no part of a job's time
    answers.write("ready\n")
    answers.flush()
    for line in jobs:
        asked = json.loads(line)
        answers.write(json.dumps(job(asked["demand"], asked["answer"])) + "\n")
        answers.flush()


if __name__ == "__main__":  # pragma: no cover - runs in the child, where no tracer is
    serve(sys.argv[1], sys.stdin, sys.stdout)
