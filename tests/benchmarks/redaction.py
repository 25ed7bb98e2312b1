"""How much redaction finds, and what it costs: `python -m tests.benchmarks.redaction`.

Scores the labelled texts beside the repository (`--half 0|1` for one half of them). A labelled
span counts as found when every letter and digit of it is covered. A hit is true when it overlaps
a labelled span of any class. Then the time of a preview of a prompt, of a preview of 100 characters
and of 2 KB, by kind of text, and how time grows from 50,000 to 100,000 characters over stress strings.
"""

import argparse
import base64
import gc
import json
import re
import statistics
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry.core.privacy import preview, redact, scan

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "redaction" / "dev.b64.jsonl"
WORD = re.compile(r"\w+")
# Persons, places, organisations, dates and plain links need a model or are no secret.
UNSTRUCTURED = {
    "PERSON", "GPE", "ADDRESS", "STREET_ADDRESS", "ORGANIZATION", "OTHER_PII", "DATE_TIME", "URL",
    "TITLE", "AGE", "NRP", "ZIP_CODE", "PREFIX",
}  # fmt: skip
MAIN = (
    "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS", "SECRET",
    "PASSWORD", "URL_CRED",
)  # fmt: skip
PROMPTS = {
    "letters only": "Please summarise the following article for a general audience",
    "an apostrophe": "Why don't cats like water, and what's the best way to wash it?",
    "accents": "Was ist der Unterschied zwischen k\u00f6nnen und d\u00fcrfen in Bayern?",
    "a colon": "Translate to French: where is the nearest railway station here",
    "a small number": "Please summarise the following 3 articles for an audience of 12",
    "two years": "What was the population of Berlin in 1990 compared with 2020 ?",
    "a number of seven digits": "What was the total of row 7654321 in the last table I sent ?",
    "an identifier": "Use pandas.read_csv to load a 'data.csv' file, and explain it ",
    "an e-mail address": "My email is jo.doe@example.com, can you write a letter for me?",
}
STRESS = [
    *"@.:-_/=+ ()'\"<>,;|\\{}[]#$%&*~`?!^\n\t019aAeE\u00e9",
    "sk-", "ghp_", "AKIA", "eyJ", "eyJa.", "eyJ/", "xoxb-", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----\n",
    "://", "http://", "http://a:", "a@", "@a", "a@a.", "a.a@", "password ", "password is ", "password=",
    "token: ", "secret", 'secret="', "key = '", "api_key", "Bearer ", "Authorization: ", "curl -u ",
    "1 ", "12 ", "1-", "1.", "1:", "+1 ", "(1) ", "1(", "123-45-", "4111 ", "41111111", "4111-1111-1111-",
    "::", "1::", "ab:", "ab:cd:", "ff-", "aa.", "1.1.1.", "255.", "GB29 ", "GB29NWBK", "GB", "A1", "A1 ",
    "license number ", "passport ", "ssn ", "card ", "call ", "phone: 1", "AB 12 ", "1A", "a1b2c3d4-",
    "<EMAIL>", "<CARD> 1", "MRN ", "sha256~", "SG.", "a=b&", "x = y ", "aB3", "\u0660",
    "pw=", "secret is ", "--", "--token ", "identified by '", "||", "key|", "token,", "->", 'password("', "<password>",
    "078-051121 ", "AB1234567890", "_KEY ", "test_", "b_", "Q~", "_mmk", ".atlasv1.", "password=a(", "<API_KEY>=",
    "password=hunter22 ", "token=a1b2c3d4e5f6 ", "eyJhbGciOiJIUzI1NiJ9.",
]  # fmt: skip


def texts(half: int | None = None) -> Iterator[dict[str, Any]]:
    """The labelled texts, or one half of them by the checksum of their ids."""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["text"] = base64.b64decode(row["text_b64"]).decode()
        if half is None or zlib.crc32(row["id"].encode()) % 2 == half:
            yield row


class Score:
    """Counts over labelled texts."""

    def __init__(self) -> None:
        self.labelled: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.touched: Counter[str] = Counter()
        self.hits = self.true_hits = self.benign_hits = self.benign_characters = 0
        self.misses: list[tuple[str, str, str]] = []
        self.false: list[tuple[str, str, str, str]] = []

    def add(self, row: dict[str, Any]) -> None:
        """Count one text."""
        text, spans = row["text"], row["spans"]
        hits = scan(text)
        covered = {at for start, end, _ in hits for at in range(start, end)}
        for start, end, kind in spans:
            letters = {at for at in range(start, end) if text[at].isalnum()}
            self.labelled[kind] += 1
            self.found[kind] += letters <= covered
            self.touched[kind] += bool(letters & covered)
            if not letters <= covered and kind not in UNSTRUCTURED:
                self.misses.append((row["id"], kind, text))
        self.hits += len(hits)
        for start, end, label in hits:
            if any(start < other_end and other < end for other, other_end, _ in spans):
                self.true_hits += 1
            else:
                self.false.append((row["id"], label, text[start:end], text))
                self.benign_hits += row["file"].startswith("benign")
        if row["file"].startswith("benign"):
            self.benign_characters += len(text)

    def recall(self, kind: str) -> float:
        """The share of a class's spans that is covered whole."""
        return self.found[kind] / self.labelled[kind]

    def figures(self) -> list[tuple[str, float, str]]:
        """Figures and their goals."""
        structured = [kind for kind in self.labelled if kind not in UNSTRUCTURED]
        found = sum(self.found[kind] for kind in structured)
        main = [self.recall(kind) for kind in MAIN if self.labelled[kind]]
        per_100k = self.benign_hits * 100_000 / self.benign_characters
        return [
            (
                "structured recall",
                found / sum(map(self.labelled.__getitem__, structured)),
                ">= 0.97",
            ),
            ("mean of nine classes", statistics.mean(main), ">= 0.95"),
            ("precision", self.true_hits / self.hits, ">= 0.90"),
            ("false hits / 100k benign", per_100k, "<= 1"),
        ]


def best_us(run: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Microseconds a run takes, best of some rounds."""
    found = []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(times):
            run()
        found.append((time.process_time() - begin) / times * 1e6)
    return min(found)


def prompts() -> list[tuple[str, float, float]]:
    """Previews of prompts of some 60 characters: us, and times `sum(range(100))`."""
    floor = best_us(lambda: sum(range(100)), 50, 400)
    found = []
    for kind, text in PROMPTS.items():
        cost = best_us(lambda text=text: preview(text), 50, 400)  # type: ignore[misc]  # the default binds the loop's value
        found.append((kind, cost, cost / floor))
    return found


def speed(rows: list[dict[str, Any]]) -> list[tuple[str, str, float, float, float]]:
    """Previews of 100 characters and redaction of 2 KB: median and 95th percentile in us.

    The floor is what `re` takes to find the words of the same text.
    """
    kinds = {
        "prose": ["benign_docstrings"],
        "dense with personal data": ["presidio_research", "faker_locales"],
        "ids and hashes": ["benign_ids"],
        "keys in code": ["gitleaks"],
    }
    table = []
    for kind, files in kinds.items():
        texts = [row["text"] for row in rows if row["file"] in files]
        whole = "\n".join(texts)
        short = [text[:100] for text in texts if len(text) >= 80][:200:2]
        long = [whole[at : at + 2048] for at in range(0, min(len(whole) - 2047, 60 * 2048), 4096)]
        for size, kept, run in (("100 characters", short, preview), ("2 KB", long, redact)):
            costs = sorted(best_us(lambda text=text, run=run: run(text), 3, 25) for text in kept)  # type: ignore[misc]  # defaults bind the loop's values
            floor = statistics.median(
                best_us(lambda text=text: WORD.findall(text), 3, 25)  # type: ignore[misc]  # defaults bind the loop's values
                for text in kept
            )
            median = statistics.median(costs)
            table.append((kind, size, median, costs[int(len(costs) * 0.95)], median / floor))
    return table


def growth(size: int = 50_000) -> list[tuple[str, float, float]]:
    """(stress string, ms at twice the size, times longer than at the size), worst first.

    Noise only adds to a time: what looks worse than 2.2 is timed again with more rounds.
    """
    found = []
    for piece in STRESS:
        once, twice = (piece * (length // len(piece)) for length in (size, 2 * size))
        gc.disable()
        for rounds in (3, 9, 27):
            one = best_us(lambda text=once: redact(text), 1, rounds)  # type: ignore[misc]  # the default binds the loop's value
            two = best_us(lambda text=twice: redact(text), 1, rounds)  # type: ignore[misc]  # the default binds the loop's value
            if two / one < 2.2:
                break
        gc.enable()
        found.append((repr(piece), two / 1000, two / one))
    return sorted(found, key=lambda row: -row[2])


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", type=int, choices=(0, 1))
    arguments.add_argument("--verbose", action="store_true", help="print misses and false hits")
    arguments.add_argument("--no-speed", action="store_true")
    given = arguments.parse_args()
    if not DATA.exists():
        sys.exit(f"no labelled texts at {DATA}")
    rows = list(texts(given.half))
    score = Score()
    for row in rows:
        score.add(row)
    if given.verbose:
        for missed in score.misses:
            print("MISS", *map(ascii, missed))
        for false in score.false:
            print("FALSE", *(ascii(part)[:160] for part in false))
    print(tabulate(score.figures(), ["figure", "value", "goal"], floatfmt=".3f"), "\n")
    kinds = sorted(set(score.labelled) - UNSTRUCTURED, key=lambda kind: -score.labelled[kind])
    recalls = [(kind, score.labelled[kind], score.recall(kind), score.touched[kind] / score.labelled[kind]) for kind in kinds]  # fmt: skip
    print(tabulate(recalls, ["class", "spans", "found", "touched"], floatfmt=".3f"), "\n")
    if not given.no_speed:
        print(tabulate(prompts(), ["prompt", "us", "x sum(range(100))"], floatfmt=".1f"), "\n")
        heads = ["text", "length", "median us", "95th", "x floor"]
        print(tabulate(speed(rows), heads, floatfmt=".1f"), "\n")
        print(tabulate(growth()[:8], ["stress", "ms per 100k", "x at twice"], floatfmt=".2f"))


if __name__ == "__main__":
    main()
