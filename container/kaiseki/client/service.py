"""One environment's service: questions in, runs and their bundles out."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from kaiseki.client.transport import Transport
from kaiseki.errors import ServiceError
from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Run, Usage

_AT_ONCE = 8  # downloads
_PAGE = 50


class _Answer(BaseModel):
    """A part of an answer; fields that a newer service adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StepState(_Answer):
    number: int
    purpose: str = ""
    accepted: bool = False
    failure: str | None = None


class ArtifactLink(_Answer):
    path: str
    url: str


class RunState(_Answer):
    """A run as the service tells it; links live for minutes."""

    run_id: str
    status: Status
    created_at: str = ""
    prompt: str = ""
    outcome: Outcome | None = None
    reason: str = ""
    message: str = ""
    phase: str = ""
    steps: tuple[StepState, ...] = ()
    usage: Usage = Usage()
    links: dict[str, str] = {}
    artifacts: tuple[ArtifactLink, ...] = ()


class Service:
    """All methods raise ServiceError where the service fails or refuses, and UnknownRun for a run not the caller's."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(
        self,
        prompt: str,
        budget: dict[str, Any],
        attachments: tuple[Path, ...] = (),
        earlier: str | None = None,
        schemas: tuple[str, ...] | None = None,
    ) -> str:
        """The id of the run that was accepted. A call that is repeated by the transport starts one run."""
        uploads = self._upload(attachments) if attachments else []
        body: dict[str, Any] = {"prompt": prompt}
        options: dict[str, Any] = {"budget": budget} if budget else {}
        options |= {"warehouse_schemas": schemas} if schemas is not None else {}
        body |= {"options": options} if options else {}
        body |= {"attachments": uploads} if uploads else {}
        body |= {"follow_up_to": earlier} if earlier else {}
        key = {"Idempotency-Key": secrets.token_urlsafe(24)}
        return str(self._transport.call("POST", "/prompt", body, key)["run_id"])

    def state(self, run_id: str) -> RunState:
        return _parsed(self._transport.call("GET", f"/runs/{run_id}"))

    def states(self) -> Iterator[RunState]:
        """The caller's runs, newest first, without steps and links."""
        query = {"limit": str(_PAGE)}
        while True:
            page = self._transport.call("GET", "/runs", query=query)
            yield from map(_parsed, page.get("runs", ()))
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def cancel(self, run_id: str) -> Status:
        return Status(self._transport.call("DELETE", f"/runs/{run_id}")["status"])

    def run(self, state: RunState) -> Run | None:
        """The run's own `run.json`; None before it has written one."""
        link = state.links.get("run")
        if link is None:
            return None
        try:
            return Run.model_validate_json(self._transport.fetch(link))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ServiceError(
                f"run.json is not of this version: {where}: {first['msg']}",
                hint="use the client of the service's version",
            ) from None

    def download(self, state: RunState, into: Path) -> None:
        """Writes the bundle into the folder `into`; `run.json` last, so that what looks whole is."""
        files = {into / _below(artifact.path): artifact.url for artifact in state.artifacts}
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for path, content in zip(files, pool.map(self._transport.fetch, files.values()), strict=True):
                path.write_bytes(content)
        if "run" in state.links:
            (into / "run.json").write_bytes(self._transport.fetch(state.links["run"]))

    def _upload(self, attachments: tuple[Path, ...]) -> list[str]:
        files = [{"name": path.name, "bytes": path.stat().st_size} for path in attachments]
        uploads = self._transport.call("POST", "/uploads", {"files": files})["uploads"]
        for path, upload in zip(attachments, uploads, strict=True):
            self._transport.put(upload["url"], path.read_bytes(), upload["headers"])
        return [upload["id"] for upload in uploads]


def _parsed(answer: dict[str, Any]) -> RunState:
    known = {name: value for name, value in answer.items() if value is not None and value != ""}
    try:
        return RunState.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        raise ServiceError(
            f"the service's answer cannot be read: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            hint="use the client of the service's version",
        ) from None


def _below(path: str) -> PurePosixPath:
    """The path of a file of the bundle, which leads nowhere else."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise ServiceError(f"the bundle names a file outside of itself: {path!r}", hint="do not trust this service")
    return parts
