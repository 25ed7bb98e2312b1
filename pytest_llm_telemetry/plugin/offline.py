"""`--llm-offline`: a test that would reach a live provider fails, and reaches nobody."""

import sys
from collections.abc import Generator
from ipaddress import ip_address
from typing import Any

import pytest

_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})
_HOME = frozenset({"localhost", "", None})


class LiveCall(BaseException):
    """A test under `--llm-offline` would have reached a host that is not this machine."""


class Offline:
    """Refuses what leaves this machine while a test and its fixtures run.

    The interpreter's own audit events tell of each connection, so no library and no transport has
    to be patched (PEP 578). A hook cannot be taken off again; between tests it does nothing.
    """

    def __init__(self) -> None:
        self._on = False
        self._refused = ""
        sys.addaudithook(self._heard)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Let no connection of a fixture leave this machine."""
        return (yield from self._guarded())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Let no connection of a test leave this machine."""
        return (yield from self._guarded())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Let no connection of a fixture's end leave this machine."""
        return (yield from self._guarded())

    def _guarded(self) -> Generator[None, object, object]:
        """Fail what was refused a connection, also where a handler has an answer for that."""
        self._on, self._refused = True, ""
        try:
            result = yield
        except BaseException as error:
            if self._refused and not isinstance(error, LiveCall):
                raise LiveCall(self._refused) from error
            raise
        finally:
            self._on = False
        if self._refused:
            raise LiveCall(self._refused)
        return result

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or event not in _CONNECTS:
            return
        host = arguments[0] if event == "socket.getaddrinfo" else _host(arguments[1])
        if not _is_home(host):
            self._refused = (
                f"--llm-offline: the test would reach {host!r}; answer it from a recording or a "
                "loopback server"
            )
            raise LiveCall(self._refused)


def _host(address: object) -> object:
    """The host of a socket's address; a path is a socket of this machine."""
    return address[0] if isinstance(address, tuple) and address else None


def _is_home(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in _HOME:
        return True
    try:
        found = ip_address(str(name).partition("%")[0])
    except ValueError:
        return str(name).endswith(".localhost")
    return found.is_loopback or found.is_unspecified
