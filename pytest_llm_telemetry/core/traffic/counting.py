"""Rows -> hours. Rows are counted by the thousand: a call must cost microseconds."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import itemgetter

from pytest_llm_telemetry.core.events import Event
from pytest_llm_telemetry.core.traffic.batches import MOST_SEEN, Batch
from pytest_llm_telemetry.core.traffic.groups import QUERY
from pytest_llm_telemetry.core.traffic.hours import Hour, hour_of
from pytest_llm_telemetry.core.traffic.rows import Row, row_of

BATCH = 16_384  # lines that are counted together
MOST_NAMED = 50  # of a dimension in an hour, by calls, by errors and by cost each
WRONG = "wrong_types"
_MOST = {"user": MOST_SEEN, QUERY: MOST_SEEN}

_SHARED = itemgetter(*[Row._fields.index(name) for name in Batch.SHARED])
_REASON = Row._fields.index("other")

Rows = Sequence[tuple[str, ...]]


class Counting:
    """Counts rows into hours.

    Attributes:
        hours: By the start of an event's timestamp, such as 2026-11-23T11; see `flush`.
        last: The timestamp of the latest event; "" of none.
    """

    def __init__(self) -> None:
        self.hours: dict[str, Hour] = {}
        self.last = ""
        self._here = ""  # the hour of the line before
        self._lines = 0
        self._alike: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        self._starts: Counter[str] = Counter()
        self._damage: Counter[tuple[str, str]] = Counter()

    def add(self, rows: Rows) -> None:
        """Count rows; one of no kind is a line that is no event, its `other` says why.

        Damage tells no time: it counts in the hour of the line before it.
        """
        alike, starts = self._alike, self._starts
        hour = self._here
        for row in rows:
            if row[0] == "start":
                hour = row[1]
                starts[hour] += 1
            elif row[0]:
                hour = row[1]
                alike[_SHARED(row)].append(row)
            else:
                self._damage[hour, row[_REASON]] += 1
        self._here = hour
        self._lines += len(rows)
        if self._lines >= BATCH:
            self.flush()

    def take(self, left: int = 0) -> list[Hour]:
        """Take the hours away, all but the `left` latest, with their largest names only."""
        stamps = sorted(self.hours)
        taken = [self.hours.pop(stamp) for stamp in stamps[: max(len(stamps) - left, 0)]]
        for hour in taken:
            hour.by = {
                name: groups.largest(_MOST.get(name, MOST_NAMED))
                for name, groups in hour.by.items()
            }
        return taken

    def add_events(self, *events: Event) -> None:
        """Count events, and bring the hours up to date."""
        self.add([row_of(event) for event in events])
        self.flush()

    def flush(self, hour: str = "") -> None:
        """Bring the hours up to date.

        Args:
            hour: Where damage counts if no line of any hour stands before or behind it.
        """
        self._count_starts()
        self._count_ends()
        self._count_damage(hour)
        self._lines = 0

    def _count_starts(self) -> None:
        for stamp, events in self._starts.items():
            found = self._hour(stamp)
            if found is None:
                self._damage["", WRONG] += events
            else:
                found.counted += events
        self._starts.clear()

    def _count_ends(self) -> None:
        batches: dict[str, Batch] = {}
        for shared, rows in self._alike.items():
            stamp = shared[0]
            found = self._hour(stamp)
            if found is None:
                self._damage["", WRONG] += len(rows)
                continue
            found.counted += len(rows)
            batch = batches.setdefault(stamp, Batch())
            batch.add(shared, rows)
            self.last = max(self.last, f"{stamp}{batch.last}")
        for stamp, batch in batches.items():
            batch.bring_into(self.hours[stamp])
        self._alike.clear()

    def _count_damage(self, hour: str) -> None:
        for (stamp, reason), lines in list(self._damage.items()):
            found = (
                self._hour(stamp) or self.hours.get(min(self.hours, default="")) or self._hour(hour)
            )
            if found is not None:
                found.skipped[reason] = found.skipped.get(reason, 0) + lines
                del self._damage[stamp, reason]

    def _hour(self, stamp: str) -> Hour | None:
        """The hour of a timestamp; None where it is none."""
        found = self.hours.get(stamp)
        if found is None:
            try:
                found = self.hours[stamp] = Hour(hour_of(stamp))
            except ValueError:
                return None
        return found
