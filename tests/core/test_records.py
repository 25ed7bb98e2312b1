"""Records do what the standard library's do."""

import copy
import dataclasses
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core import records


class Family:
    """The same classes by either decorator."""

    def __init__(self, record: Any) -> None:
        @record(frozen=True, slots=True, kw_only=True)
        class Case:
            """Defaults of every kind."""

            id: str
            weight: float = 1.0
            notes: list[str] = field(default_factory=list)
            key: str = field(default="", repr=False)

        @record(frozen=True, slots=True, kw_only=True)
        class Graded(Case):
            """Fields of its own behind those of its base; a required one behind defaults."""

            score: float

        @record(slots=True)
        class Placed:
            """Made by position, and changed afterwards."""

            first: int
            second: int = 2

        @record(frozen=True)
        class Named:
            """No slots, and its own words for itself."""

            id: str

            def __repr__(self) -> str:
                return f"<{self.id}>"

        @record(frozen=True)
        class Empty:
            """No field at all."""

        self.case: Any = Case
        self.graded: Any = Graded
        self.placed: Any = Placed
        self.named: Any = Named
        self.empty: Any = Empty

    def told(self, **given: Any) -> list[str]:
        """What records of these classes say of themselves."""
        made = [
            self.case(id="a"),
            self.case(**given),
            self.graded(score=0.5, **given),
            self.placed(1),
            self.placed(1, second=3),
            self.named("b"),
            self.empty(),
            dataclasses.replace(self.case(**given), id="c"),
            copy.deepcopy(self.case(**given)),
            copy.copy(self.named("d")),
        ]
        return [repr(record).rpartition("<locals>.")[2] for record in made] + [
            repr(dataclasses.asdict(record)) for record in made
        ]


OURS, STANDARD = Family(records.dataclass), Family(dataclasses.dataclass)
BOTH = pytest.mark.parametrize("family", [OURS, STANDARD], ids=["ours", "standard"])


@given(
    st.fixed_dictionaries(
        {"id": st.text()},
        optional={
            "weight": st.floats(allow_nan=False),
            "notes": st.lists(st.text()),
            "key": st.text(),
        },
    )
)
def test_a_record_says_what_the_standard_librarys_says(fields: dict[str, Any]) -> None:
    """Names, values, defaults, copies and JSON objects are the same."""
    assert OURS.told(**fields) == STANDARD.told(**fields)


@BOTH
def test_records_of_equal_fields_are_equal(family: Family) -> None:
    """Equal records of one class have one hash; those of another class or value differ."""
    one = family.named("a")
    assert (one, hash(one)) == (family.named("a"), hash(family.named("a")))
    assert one != family.named("b")
    assert one != family.placed(1)
    assert family.case(id="a", notes=["x"]) != family.case(id="a")
    with pytest.raises(TypeError):
        hash(family.placed(1))


@BOTH
def test_a_frozen_record_cannot_be_changed(family: Family) -> None:
    """Neither set nor deleted, before and after it is copied; one that is not frozen can be."""
    for record in (family.case(id="a"), copy.copy(family.case(id="a")), family.named("a")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.id = "b"
        with pytest.raises(dataclasses.FrozenInstanceError):
            del record.id
    placed = family.placed(1)
    placed.first = 3
    assert placed == family.placed(3)


@BOTH
def test_each_record_has_a_list_of_its_own(family: Family) -> None:
    """A default that is made is made for each record."""
    family.case(id="a").notes.append("x")
    assert family.case(id="b").notes == []


@pytest.mark.parametrize("before", [0, 9], ids=["first", "later"])
@pytest.mark.parametrize("record", [records.dataclass, dataclasses.dataclass])
def test_what_does_not_fit_the_fields_is_refused(record: Any, before: int) -> None:
    """A field that is missing, unknown, given twice, or by position where only names are taken."""
    family = Family(record)
    for number in range(before):
        family.case(id=f"{number}")
        family.placed(first=number)
    wrong: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
        (family.case, (), {}),
        (family.case, ("a",), {}),
        (family.case, (), {"id": "a", "name": "b"}),
        (family.placed, (1, 2, 3), {}),
        (family.placed, (1,), {"first": 1}),
    ]
    for kind, args, fields in wrong:
        with pytest.raises(TypeError):
            kind(*args, **fields)
