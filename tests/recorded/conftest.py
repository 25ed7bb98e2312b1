"""A loopback server that answers with one recorded interaction's bytes."""

import gc
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.recorded.interactions import body

_LEFT_OUT = {"content-length", "content-encoding", "transfer-encoding", "connection"}


class Replay:
    """Serves the interaction that is on stage, whatever is asked."""

    def __init__(self) -> None:
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                response, content = replay.interaction["response"], body(replay.interaction)
                self.send_response(response["status"])
                for header, value in response["headers"].items():
                    if header not in _LEFT_OUT:
                        self.send_header(header, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        self.interaction: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stage(self, interaction: dict[str, Any]) -> None:
        """Answer with this interaction from now on."""
        self.interaction = interaction

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def replay() -> Iterator[Replay]:
    server = Replay()
    yield server
    server.close()


_EVERY = 40  # a collection takes longer than a test
_done = 0


@pytest.fixture(autouse=True)
def _what_sdks_leave_behind() -> Iterator[None]:
    """Collect open sockets and loops here, where their warnings are ignored: in other tests they
    are errors.
    """
    global _done  # noqa: PLW0603 - counted over the tests of this folder
    gc.disable()
    yield
    _done += 1
    if _done % _EVERY == 0:
        gc.collect()


@pytest.fixture(autouse=True, scope="module")
def _collected_at_the_end() -> Iterator[None]:
    yield
    gc.collect()
    gc.enable()
