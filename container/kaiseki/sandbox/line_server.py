"""A code interpreter behind two streams: a request a line in, an answer a line out."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kaiseki.errors import InputError, KaisekiError
from kaiseki.sandbox.code_interpreter import CodeInterpreter
from kaiseki.sandbox.invocations import Request, id_of, invoke

Answer = dict[str, Any]


class LineServer:
    """Calls of one session are carried out in their order, those of several sessions side by side.

    So answers may come in another order than requests; each bears the `id` of its request. A session is stopped as
    soon as that is read, whatever it is doing.
    """

    def __init__(self, interpreter: CodeInterpreter, write: Callable[[Answer], None]) -> None:
        """`write` is called by one thread at a time."""
        self._interpreter = interpreter
        self._write = write
        self._one_at_a_time = threading.Lock()
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._unnamed = ""  # the session of requests that name none

    def serve(self, lines: Iterable[bytes]) -> None:
        """Returns when `lines` have ended and all of them are answered; then no session is left."""
        try:
            for line in lines:
                if line.strip():
                    self._take(line)
            for queue in self._queues.values():
                queue.shutdown()
        finally:  # what is still under way when something interrupts this ends at once
            self._interpreter.close()
            for queue in self._queues.values():
                queue.shutdown(cancel_futures=True)

    def _take(self, line: bytes) -> None:
        try:
            request = Request.parse(line)
        except KaisekiError as error:
            self._answer(id_of(line), error.as_json())
            return
        try:
            match request.name:
                case "startCodeInterpreterSession":
                    life = request.arguments.session_timeout_seconds
                    self._answer(request.id, {"sessionId": self._start(life), "sessionTimeoutSeconds": life})
                case "listCodeInterpreterSessions":
                    self._answer(request.id, {"items": self._sessions()})
                case "stopCodeInterpreterSession":
                    self._answer(request.id, {"sessionId": self._stop(request)})
                case _:
                    session = request.session_id or self._of_the_unnamed(request)
                    queue = self._queues.get(session)
                    if queue is None:
                        self._carry_out(request, session)  # which tells that there is none
                    else:
                        queue.submit(self._carry_out, request, session)
        except KaisekiError as error:
            self._answer(request.id, error.as_json())

    def _start(self, life: float) -> str:
        for over in self._queues.keys() - {each.id for each in self._interpreter.list()}:
            self._queues.pop(over).shutdown(wait=False)
        session = self._interpreter.start(life)
        self._queues[session] = ThreadPoolExecutor(1)
        return session

    def _stop(self, request: Request) -> str:
        session = request.session_id or self._unnamed
        if not session:
            raise InputError("no session was opened yet", hint="name one by its `sessionId`", code="session.unknown")
        self._interpreter.stop(session)
        self._queues.pop(session).shutdown(wait=False)
        if session == self._unnamed:
            self._unnamed = ""
        return session

    def _sessions(self) -> list[Answer]:
        return [
            {"sessionId": each.id, "status": "READY", "sessionTimeoutSeconds": each.ttl_seconds}
            for each in self._interpreter.list()
        ]

    def _of_the_unnamed(self, request: Request) -> str:
        self._unnamed = self._unnamed or self._start(request.arguments.session_timeout_seconds)
        return self._unnamed

    def _carry_out(self, request: Request, session: str) -> None:
        try:
            result = invoke(self._interpreter, session, request)
            self._answer(request.id, {"sessionId": session, "result": result})
        except KaisekiError as error:
            self._answer(request.id, error.as_json())
        except Exception as error:  # noqa: BLE001 - a request that is never answered is worse
            self._answer(request.id, KaisekiError(f"this should not have happened: {error!r}").as_json())

    def _answer(self, number: str | int | None, answer: Answer) -> None:
        with self._one_at_a_time:
            self._write({"id": number, **answer})
