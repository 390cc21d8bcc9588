"""The door of ECS, before the emulator's: what ECS does with RunTask and the emulator leaves out.

It answers a repeated clientToken with the task of the first call or a conflict, refuses overrides above 8,192
characters, refuses launches when a test says so, in the words of ECS, and gives a task its credentials at the
container's endpoint.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.emulator import Emulator

OVERRIDES_LIMIT = 8_192  # characters
THROTTLED = (400, {"__type": "ThrottlingException", "message": "Rate exceeded."})
NO_CAPACITY_REASON = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
NO_CAPACITY = (200, {"tasks": [], "failures": [{"reason": NO_CAPACITY_REASON}]})
Answer = tuple[int, dict[str, object]]


class EcsFront:
    def __init__(self, emulator: Emulator) -> None:
        self._refusal: Answer | None = None  # of each RunTask
        self.launches: list[dict] = []  # RunTask requests that came to a task, with `taskArn`, `clusterArn` and `at`
        self.run_tasks = 0  # RunTask requests altogether
        self._emulator = emulator
        self._answers: dict[str, tuple[dict, bytes]] = {}  # clientToken -> the first request that was answered, and how
        self._lock = threading.Lock()
        self._trust = ssl.create_default_context(cafile=str(emulator.certificate))

    @contextmanager
    def refusing(self, answer: Answer) -> Iterator[None]:
        """Each RunTask gets this answer meanwhile."""
        self._refusal = answer
        try:
            yield
        finally:
            self._refusal = None

    def task_of(self, run_id: str) -> str:
        """The id of the task that executes a run."""
        return str(self.launches_of(run_id)[-1]["taskArn"]).rsplit("/", 1)[-1]

    def launches_of(self, run_id: str) -> list[dict]:
        """The launches of a run, oldest first."""
        return [launch for launch in self.launches if run_id in launch["overrides"]["containerOverrides"][0]["command"]]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path.startswith("/credentials/"):
            return 200, (self._emulator.tasks / path.rsplit("/", 1)[-1] / "credentials.json").read_bytes()
        if headers.get("x-amz-target", "").endswith(".RunTask"):
            return self._run_task(method, path, headers, body)
        return self._forward(method, path, headers, body)

    def _run_task(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        token = request.get("clientToken")
        with self._lock:
            self.run_tasks += 1
            if token in self._answers:
                first, answered = self._answers[token]
                return (200, answered) if request == first else _conflict(answered)
            if self._refusal:
                status, answer = self._refusal
                return status, json.dumps(answer).encode()
            if len(json.dumps(request.get("overrides", {}))) > OVERRIDES_LIMIT:
                wrong = "Container Overrides length must be at most 8192"
                return 400, json.dumps({"__type": "InvalidParameterException", "message": wrong}).encode()
            status, answered = self._forward(method, path, headers, body)
            if status == 200:
                for task in json.loads(answered)["tasks"]:
                    came = {"taskArn": task["taskArn"], "clusterArn": task["clusterArn"], "at": datetime.now(UTC)}
                    self.launches.append(request | came)
                if token:
                    self._answers[token] = (request, answered)
            return status, answered

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = HTTPSConnection("127.0.0.1", self._emulator.port, context=self._trust, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _conflict(answered: bytes) -> tuple[int, bytes]:
    """A token that comes again with another request."""
    arns = [task["taskArn"] for task in json.loads(answered)["tasks"]]
    conflict = {"__type": "ConflictException", "message": "The client token is in use", "resourceIds": arns}
    return 400, json.dumps(conflict).encode()


@contextmanager
def ecs_front(emulator: Emulator) -> Iterator[EcsFront]:
    front = EcsFront(emulator)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answered = front.answer(self.command, self.path, headers, body)
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """The emulator's log has them."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = emulator.ecs
    threading.Thread(target=server.serve_forever, name="ecs-front", daemon=True).start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
