"""Pages of the reference that are made from the package itself, each time the site is built.

MkDocs calls `on_files`. A page here is a function that returns Markdown, so that a test can ask for
it as well. Links out of `docs/` (`../examples/...`) are led to the pages made of those files.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
_SCRIPTS = Path(sys.executable).parent
_LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml", ".ini": "ini"}
_LONGEST = 120  # lines of an example's file that its page shows
_OUTSIDE = re.compile(r"\]\((?:\.\./)+(examples|schemas)(/[^)#\s]*)?(#[^)\s]*)?\)")


def command() -> str:
    """`llm-telemetry` and each of its commands, as `--help` tells them."""
    parts = ["# `llm-telemetry`", "Made from `--help`.", _fenced(_help())]
    for name in _commands(_help()):
        text = _help(name)
        parts += [f"## {name}", _fenced(text)]
        for below in _commands(text):
            parts += [f"### {name} {below}", _fenced(_help(name, below))]
    return "\n\n".join(parts)


def options() -> str:
    """The options, ini settings, markers and fixtures that the plugin adds to pytest."""
    telling = {"--help": "Options and settings", "--markers": "Markers", "--fixtures": "Fixtures"}
    parts = ["# In pytest: options, markers, fixtures", "Made from pytest's own help."]
    for option, title in telling.items():
        parts += [f"## {title}", _fenced("\n".join(_ours(option)))]
    return "\n\n".join(parts)


def schemas() -> str:
    """Every published schema: what each field means, and an example."""
    parts = [
        "# Schemas",
        (
            "Made from `schemas/*.schema.json`. `llm-telemetry schema NAME` prints one. A reader of "
            "a version takes documents of that version with fields it does not know."
        ),
    ]
    for path in sorted((ROOT / "schemas").glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(".schema.json")
        parts += [f"## {name}", f"`{schema['$id']}`. {schema['description']}"]
        parts.append("\n".join(["| field | type | meaning |", "|---|---|---|", *_rows(schema)]))
        if schema.get("examples"):
            text = json.dumps(schema["examples"][0], indent=2, ensure_ascii=False)
            parts += ["An example:", _fenced(_cut(text), "json")]
    return "\n\n".join(parts)


def example(folder: Path) -> str:
    """One example: its README, and its files."""
    readme = folder / "README.md"
    parts = [readme.read_text(encoding="utf-8")] if readme.exists() else [f"# {folder.name}"]
    for path in sorted(folder.rglob("*")):
        shown = _LANGUAGES.get(path.suffix)
        if shown and path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(folder).as_posix()
            parts += [f"## {name}", _fenced(_cut(path.read_text(encoding="utf-8")), shown)]
    return "\n\n".join(parts)


def pages() -> Mapping[str, Callable[[], str]]:
    """Where each page stands, and what makes it."""
    made: dict[str, Callable[[], str]] = {
        "reference/command.md": command,
        "reference/options.md": options,
        "reference/schemas.md": schemas,
        "examples/index.md": lambda: (ROOT / "examples/README.md").read_text(encoding="utf-8"),
    }
    for folder in sorted((ROOT / "examples").iterdir()):
        if folder.is_dir() and not folder.name.startswith((".", "__")):
            made[f"examples/{folder.name}.md"] = lambda folder=folder: example(folder)  # type: ignore[misc]  # bound now
    return made


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """MkDocs' hook: add the made pages."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - tests ask for pages without MkDocs

    for place, make in pages().items():
        files.append(File.generated(config, place, content=make()))
    return files


def on_page_markdown(markdown: str, *, page: "Page", **_: Any) -> str:
    """MkDocs' hook: lead links to files outside of `docs/` to the pages made of them."""
    up = "../" * page.file.src_uri.count("/")
    text = _OUTSIDE.sub(lambda found: f"]({up}{_target(found[1], found[2] or '')})", markdown)
    if page.file.src_uri.startswith("examples/"):
        text = _of_example(text)
    return text


def _target(kind: str, rest: str) -> str:
    if kind == "schemas":
        return "reference/schemas.md"
    name = rest.strip("/").split("/")[0]
    return (
        f"examples/{name}.md"
        if (ROOT / "examples" / name).is_dir() and name
        else "examples/index.md"
    )


def _of_example(text: str) -> str:
    """Links of an example's README: to a folder beside it, or to a page of the docs."""
    text = re.sub(r"\]\((?:\.\./)+docs/", "](../", text)
    return re.sub(r"\]\((?:\.\./)?(\w+)/?\)", r"](\1.md)", text)


def _help(*words: str) -> str:
    return _said(_SCRIPTS / "llm-telemetry", *words, "--help")


def _commands(text: str) -> Iterator[str]:
    """The commands that a help text lists."""
    listed = text.partition("commands:\n")[2].partition("\n\n")[0]
    yield from re.findall(r"^    ([a-z][\w-]*)", listed, re.MULTILINE)


def _ours(option: str) -> Iterator[str]:
    """The paragraphs of pytest's help that are this plugin's."""
    text = _said(sys.executable, "-m", "pytest", "-p", "no:randomly", option)
    for paragraph in text.split("\n\n"):
        if re.search(
            r"^  --llm-|^@pytest.mark.(golden|llm)|golden_case --", paragraph, re.MULTILINE
        ) or re.match(r"\n?(golden_case|llm_telemetry) --", paragraph):
            yield paragraph.strip("\n") + "\n"


def _said(*command: str | Path) -> str:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=ROOT / "docs",
    )
    return done.stdout


def _rows(schema: dict[str, Any], above: str = "") -> Iterator[str]:
    """A row a field, and below it the fields of what it holds."""
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        about = str(field.get("description", "")).replace("|", "\\|").replace("\n", " ")
        star = " (required)" if name in needed else ""
        yield f"| `{above}{name}`{star} | {_kind(field)} | {about} |"
        if field.get("type") == "object":
            yield from _rows(field, f"{above}{name}.")


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{json.dumps(value)}`" for value in field["enum"][:8])
    kind = field.get("type", field.get("$ref", "").rpartition("/")[2] or "any of several")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _cut(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(lines[:_LONGEST] + ["..."] * (len(lines) > _LONGEST))


def _fenced(text: str, language: str = "text") -> str:
    return f"````{language}\n{text.rstrip()}\n````"
