"""Reads what the kit recorded. The file lies within reach of the generated code: each line is checked, none trusted."""

import json
import os
import stat
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from pydantic import ValidationError

from kaiseki.models import Failure, Record

FILE = "records.jsonl"
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RecordsReader:
    """Follows `records.jsonl` from one execution to the next."""

    def __init__(self, outbox: Path, limit: int) -> None:
        self._file = outbox / FILE
        self._limit = limit
        self._offset = 0
        self._inode: int | None = None

    def new(self) -> tuple[tuple[Record, ...], Failure | None]:
        """The records since the last call, and what is wrong with the lines that are none."""
        try:
            file = os.open(self._file, _OPEN)
        except FileNotFoundError:
            return (), _failure("the file was removed") if self._offset else None
        except OSError as error:
            return (), _failure(f"the file cannot be read: {error.strerror}")
        try:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                return (), _failure("it is not a regular file")
            if about.st_size < self._offset or self._inode not in (None, about.st_ino):
                return (), _failure("earlier records were changed")
            if about.st_size - self._offset > self._limit:
                return (), _failure(f"more than {self._limit:,} bytes were recorded in one step")
            data = os.pread(file, about.st_size - self._offset, self._offset)
        finally:
            os.close(file)
        self._inode = about.st_ino
        self._offset += len(data)
        return _parse(data)


def _parse(data: bytes) -> tuple[tuple[Record, ...], Failure | None]:
    found: list[Record] = []
    failure = None
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            record = Record.model_validate(_load(line))
            _check_paths(record.files)
            found.append(record)
        except (ValueError, RecursionError) as error:
            failure = failure or _failure(f"line {number} is no record: {_reason(error)}")
    return tuple(found), failure


def _load(line: bytes) -> Any:
    text = line.decode("utf-8")
    value = json.loads(text, parse_constant=_refuse_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # an escaped lone surrogate cannot be stored
    return value


def _check_paths(files: tuple[str, ...]) -> None:
    for file in files:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"the file {file[:200]!r} lies outside of the outbox")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value")


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return str(error).splitlines()[0]


def _failure(message: str) -> Failure:
    return Failure(
        kind="facts",
        type="BadRecords",
        message=f"the records of the kit are not in order: {message}",
        hint=f"record with the kit only, and leave {FILE} alone",
    )
