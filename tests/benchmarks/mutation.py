"""Mutation testing: would a test notice, if this line were wrong?

    python -m tests.benchmarks.mutation statistics --sample 150     # or gate, metrics, privacy

Each mutant changes one operator, number, condition or statement of a room of `core`, in a fresh
fork that never touches a file, and the room's own tests run against it until one fails. Texts are
left alone: the wording of a sentence is no rule. A mutant that computes without end or eats memory
is stopped, and counts as noticed. Survivors are printed, to be killed by a test or explained.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import os
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from types import ModuleType

import hypothesis  # noqa: F401 - loaded once, before the forks
import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "pytest_llm_telemetry" / "core"
ROOMS = {
    "statistics": (["statistics"], ["tests/core/statistics", "tests/core/gate"]),
    "gate": (["gate"], ["tests/core/gate"]),
    "metrics": (["metrics.py"], ["tests/core/test_metrics.py", "tests/core/gate"]),
    "privacy": (["privacy"], ["tests/core/privacy"]),
}
_LOADED = "ignore::pytest.PytestAssertRewriteWarning"  # loaded before pytest starts
_ASKED = ["-x", "-q", "-p", "no:cacheprovider", "-W", _LOADED]
CPU_S, MEMORY = 20, 2 << 30
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the file, the how-manieth node that can change, and what it becomes."""

    path: Path
    place: int
    line: int
    told: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every change of a file, without the lines that only type checkers read."""
    text = path.read_text(encoding="utf-8")
    for place, node in enumerate(_changeable(_parsed(text))):
        before = ast.unparse(node) if isinstance(node, ast.expr | ast.stmt) else _name(node)
        changed = _changed(copy.deepcopy(node))
        after = ast.unparse(changed) if isinstance(changed, ast.expr | ast.stmt) else _name(changed)
        line = getattr(node, "lineno", 0) or getattr(node, "_line", 0)
        yield Mutant(path=path, place=place, line=line, told=f"{before} -> {after}")


def _parsed(text: str) -> ast.Module:
    """The tree of a file, in which each operator is a node of its own: Python shares one for all."""
    tree = ast.parse(text)
    for node in list(ast.walk(tree)):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.operator | ast.boolop | ast.unaryop):
                setattr(node, name, type(value)())
            elif isinstance(node, ast.Compare) and name == "ops":
                node.ops = [type(operator)() for operator in node.ops]
    return tree


def _name(node: ast.AST) -> str:
    return type(node).__name__


def _changeable(tree: ast.Module) -> list[ast.AST]:
    found: list[ast.AST] = []

    def visit(node: ast.AST, line: int) -> None:
        line = getattr(node, "lineno", line)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if type(node) in _SWAPS or _is_number(node) or _is_call(node):
            node._line = line  # type: ignore[attr-defined]  # operators have no place of their own
            found.append(node)
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child, line)

    visit(tree, 0)
    return found


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float)


def _is_call(node: ast.AST) -> bool:
    """A statement that is there for its effect."""
    return isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _changed(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Constant):
        value = node.value
        return ast.Constant(not value if isinstance(value, bool) else value + 1)  # type: ignore[operator]  # a number
    if isinstance(node, ast.Expr | ast.AugAssign):
        return ast.Pass()
    return _SWAPS[type(node)]()


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST) -> None:
        self.target = target

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.target:
            return ast.copy_location(_changed(node), node)
        self.generic_visit(node)
        return node


class _Import(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Hands out the mutated module in place of the file."""

    def __init__(self, mutant: Mutant) -> None:
        self.path = mutant.path
        inside = mutant.path.relative_to(ROOT).with_suffix("")
        self.name = ".".join(inside.parts).removesuffix(".__init__")
        self.tree = _parsed(mutant.path.read_text(encoding="utf-8"))
        if mutant.place >= 0:
            _Replace(_changeable(self.tree)[mutant.place]).visit(self.tree)
            ast.fix_missing_locations(self.tree)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.machinery.ModuleSpec(
            name, self, origin=str(self.path), is_package=self.path.name == "__init__.py"
        )

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        if self.path.name == "__init__.py":
            module.__path__ = [str(self.path.parent)]
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def own_first(mutant: Mutant, tests: list[str]) -> list[str]:
    """The tests that are named after the mutant's file, then all: most mutants end at the first."""
    named = [path for place in tests for path in Path(place).rglob(f"test_*{mutant.path.stem}.py")]
    return [*map(str, named), *tests]


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Whether every test passes although the mutant is in place."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        status = 2
        try:
            found = _Import(mutant)
            sys.meta_path.insert(0, found)
            importlib.import_module(found.name)  # before pytest's own import hook
            status = int(pytest.main([*_ASKED, *own_first(mutant, tests)]))
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def main() -> None:
    """Run a room's mutants, or a sample of them, and tell the share that was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=0, help="so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--only", default="", help="files whose name holds this")
    asked = parser.parse_args()
    places, tests = ROOMS[asked.room]
    files = [
        path
        for place in places
        for path in (
            [CORE / place] if place.endswith(".py") else sorted((CORE / place).glob("*.py"))
        )
        if asked.only in path.name
    ]
    every = [mutant for path in files for mutant in mutants(path)]
    if asked.sample and asked.sample < len(every):
        drawn = random.Random(asked.seed).sample(every, asked.sample)
    else:
        drawn = every
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # half of what a short run costs
    untouched = Mutant(path=files[0], place=-1, line=0, told="nothing")
    if not survives(untouched, tests):
        sys.exit("the tests fail although nothing was changed")
    alive = 0
    for number, mutant in enumerate(drawn, 1):
        if survives(mutant, tests):
            alive += 1
            place = mutant.path.relative_to(CORE).as_posix()
            print(f"survives: {place}:{mutant.line}: {mutant.told}", flush=True)
        if number % 10 == 0:
            print(f"... {number} of {len(drawn)}, {alive} survive", flush=True)
    share = 1 - alive / len(drawn)
    error = 0.0 if len(drawn) == len(every) else 1.96 * sqrt(share * (1 - share) / len(drawn))
    print(
        f"{asked.room}: {share:.1%} +- {error:.1%} of {len(drawn)} mutants noticed ({len(every)} in all)"
    )


if __name__ == "__main__":
    main()
