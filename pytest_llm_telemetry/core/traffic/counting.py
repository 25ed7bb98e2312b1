"""Rows -> hours. Rows are counted by the thousand: a call must cost microseconds."""

from collections import Counter, defaultdict

from pytest_llm_telemetry.core.events import Event
from pytest_llm_telemetry.core.traffic.batches import MOST_SEEN, Tally
from pytest_llm_telemetry.core.traffic.groups import QUERY
from pytest_llm_telemetry.core.traffic.hours import Hour, hour_of
from pytest_llm_telemetry.core.traffic.rows import (
    HOUR,
    KIND,
    OTHER,
    SHARED,
    STARTED,
    Each,
    Row,
    Rows,
    row_of,
    widened,
)

BATCH = 32_768  # rows that are told apart together, and whose users and queries are ranked
MOST_NAMED = 50  # of a dimension in an hour, by calls, by errors and by cost each
WRONG = "wrong_types"
_HOUR, _KIND = SHARED.index("hour"), SHARED.index("kind")
_MOST = {"user": MOST_SEEN, QUERY: MOST_SEEN}


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
        self._unranked = 0
        self._fields: tuple[str, ...] = ()  # that the plain ones of those tell:
        self._alike: defaultdict[tuple[str, ...], Each] = defaultdict(list)
        self._starts: Counter[str] = Counter()
        self._tallies: dict[str, Tally] = {}
        self._damage: Counter[tuple[str, str]] = Counter()

    def add(self, rows: Rows) -> None:
        """Take rows, until `count`; one that tells of no line but itself and has no kind is damage.

        Its `other` says why. Damage tells no time: it counts in the hour of the line before it.
        """
        if rows.fields not in {self._fields, Row._fields}:
            self._widen()
            self._fields = rows.fields
        for shared, some in rows.alike.items():
            if shared[_KIND] == "start":
                self._starts[shared[_HOUR]] += len(some)
            else:
                self._alike[shared] += some
        self._starts.update(rows.starts)
        self._place(rows)
        self._unranked += len(rows.each)
        if self._unranked >= BATCH:
            self.count()
            self._rank()

    def _widen(self) -> None:
        """Name the fields of the rows so far, as some come that tell others."""
        for shared, some in self._alike.items():
            self._alike[shared] = widened(self._fields, some)

    def _told(self, rows: Each) -> tuple[tuple[str, ...], Each]:
        """The fields that some rows tell, and the rows."""
        if Row in set(map(type, rows)):
            return Row._fields, widened(self._fields, rows)
        return self._fields, rows

    def _place(self, rows: Rows) -> None:
        """Count damage, and keep the hour of the last line."""
        for row in rows.each if rows.lost else rows.each[-1:]:
            self._here = row[HOUR] or row[STARTED] or self._here
            if not row[KIND] and not row[STARTED]:
                self._damage[self._here, row[OTHER]] += 1

    def count(self) -> None:
        """Count the rows since the last time, and let go of them."""
        self._starts.pop("", None)  # rows that no start stands before, or nothing behind
        for stamp, events in self._starts.items():
            found = self._hour(stamp)
            if found is None:
                self._damage["", WRONG] += events
            else:
                found.counted += events
        self._starts.clear()
        for shared, rows in self._alike.items():
            stamp = shared[_HOUR]
            found = self._hour(stamp)
            if found is None:
                self._damage["", WRONG] += len(rows)
                continue
            if stamp not in self._tallies:
                self._tallies[stamp] = Tally(found)
            latest = self._tallies[stamp].add(shared, *self._told(rows))
            self.last = max(self.last, f"{stamp}{latest}")
        self._alike.clear()

    def take(self, left: int = 0) -> list[Hour]:
        """Take the hours away, all but the `left` latest, with their largest names only."""
        taken = []
        for stamp in sorted(self.hours)[: max(len(self.hours) - left, 0)]:
            if stamp in self._tallies:
                tally = self._tallies.pop(stamp)
                tally.end_batch()
                tally.end()
            taken.append(self.hours.pop(stamp))
        for hour in taken:
            hour.by = {
                name: groups.largest(_MOST.get(name, MOST_NAMED))
                for name, groups in hour.by.items()
            }
        return taken

    def add_events(self, *events: Event) -> None:
        """Count events, and bring the hours up to date."""
        self.add(Rows.of([row_of(event) for event in events]))
        self.flush()

    def flush(self, hour: str = "") -> None:
        """Bring the hours up to date.

        Args:
            hour: Where damage counts if no line of any hour stands before or behind it.
        """
        self.count()
        self._rank()
        for tally in self._tallies.values():
            tally.end()
        self._count_damage(hour)

    def _rank(self) -> None:
        self._unranked = 0
        for tally in self._tallies.values():
            tally.end_batch()

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
