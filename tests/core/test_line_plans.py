"""What is remembered of the members of a line."""

from pytest_llm_telemetry.core.lines import Members, quote


def test_more_kinds_of_events_than_are_remembered_are_told_alike() -> None:
    """The order of many sets of fields is learned anew, never mistaken, and never without bound."""
    names = tuple(f"n{number:03}" for number in range(400))
    members = Members(names)
    for _ in range(2):
        for name in names:
            assert members({name: 1, "n000": 2}, quote) == (
                f',"n000":2,"{name}":1' if name != "n000" else ',"n000":2'
            )


def test_a_number_that_no_reader_takes_is_left_out() -> None:
    """NaN, infinities and integers above 64 bits are absent; their neighbours are there."""
    fields = {"a": float("nan"), "b": 2**70, "c": 0.5, "d": float("-inf"), "e": 7}
    assert Members(tuple(fields))(fields, quote) == ',"c":0.5,"e":7'
