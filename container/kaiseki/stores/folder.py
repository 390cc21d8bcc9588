"""Bundles in a folder: `<root>/runs/<run id>/`."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from kaiseki.errors import InputError, StoreError, UnknownRun
from kaiseki.models import Request, Run

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class FolderStore:
    """A `RunStore` whose workspace is the bundle itself."""

    def __init__(self, root: Path, create: bool = True) -> None:
        """Raises InputError if `root` cannot be written, or, unless it may be created, is not there."""
        self._runs = root / "runs"
        if not create:
            if not root.is_dir():
                hint = "name the folder where runs lie: --store folder:PATH; kaiseki ask makes a new one"
                raise InputError(f"there is no results folder {root}", hint=hint)
            return
        try:
            self._runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(root, error) from None
        if not os.access(self._runs, os.W_OK | os.X_OK):
            raise _unwritable(root, PermissionError("permission denied"))

    def create(self, request: Request, attachments: tuple[Path, ...] = ()) -> None:
        folder = self._runs / request.run_id
        try:
            folder.mkdir()
        except OSError as error:
            raise _unwritable(self._runs, error) from None
        try:
            for attachment in attachments:
                (folder / "attachments").mkdir(exist_ok=True)
                shutil.copyfile(attachment, folder / "attachments" / attachment.name)
            _replace(folder / "request.json", request.model_dump_json(indent=2))
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise _unwritable(self._runs, error) from None

    def request(self, run_id: str) -> Request:
        return parse_request(self._read(run_id, "request.json"), f"{self._runs / run_id / 'request.json'}")

    def workspace(self, run_id: str) -> Path:
        return self._folder(run_id)

    def begin(self, run_id: str) -> Path:
        """The folder of a run that comes from elsewhere, to be filled."""
        folder = self._runs / run_id
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(self._runs, error) from None
        return folder

    def save(self, run: Run) -> None:
        try:
            _replace(self._folder(run.id) / "run.json", run.model_dump_json(indent=2))
        except OSError as error:
            raise StoreError(
                f"the run could not be saved in {self._runs}: {error.strerror}", hint="see whether the disk is full"
            ) from None

    def run(self, run_id: str) -> Run | None:
        path = self._folder(run_id) / "run.json"
        return load_run(path) if path.exists() else None

    def runs(self) -> Iterator[Run]:
        for folder in sorted(self._runs.glob("*"), reverse=True):
            path = folder / "run.json"
            if path.exists():
                yield load_run(path)

    def _folder(self, run_id: str) -> Path:
        folder = self._runs / run_id
        if not is_run_id(run_id) or not folder.is_dir():
            raise unknown_run(run_id, self._runs.parent)
        return folder

    def _read(self, run_id: str, name: str) -> str:
        path = self._folder(run_id) / name
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            raise UnknownRun(f"the run '{run_id}' has no {name}", hint="list the runs: kaiseki runs") from None


def load_run(path: Path) -> Run:
    """The run that `run.json` at `path` holds. Raises StoreError if it is not one."""
    try:
        return parse_run(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}", hint="name the folder of a bundle") from None


def parse_run(text: str, place: str) -> Run:
    """Raises StoreError if what lay at `place` is no run."""
    try:
        return Run.model_validate_json(text)
    except ValidationError as error:
        raise _foreign(error, "run", place) from None


def parse_request(text: str, place: str) -> Request:
    """Raises StoreError if what lay at `place` is no request."""
    try:
        return Request.model_validate_json(text)
    except ValidationError as error:
        raise _foreign(error, "request", place) from None


def is_run_id(text: str) -> bool:
    """Whether it may name a run; nothing that does leads out of a folder."""
    return _RUN_ID.fullmatch(text) is not None


def unknown_run(run_id: str, store: object) -> UnknownRun:
    return UnknownRun(f"there is no run '{run_id[:80]}' in {store}", hint="list them: kaiseki runs")


def _foreign(error: ValidationError, kind: str, place: str) -> StoreError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return StoreError(
        f"{place} is not a {kind} of this version: {where or 'the file'}: {first['msg']}",
        hint="take a bundle that this version of Kaiseki wrote",
    )


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: a reader, or a crash, never meets half a file."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _unwritable(root: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"the results folder {root} cannot be written: {reason.lower()}",
        hint="make it writable, or name another: --store folder:PATH",
    )
