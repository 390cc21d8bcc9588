"""Reads what the kit recorded. The file lies within reach of the generated code: each line is checked, none trusted."""

import json
import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from pydantic import ValidationError

from kaiseki.models import Failure, Record
from kaiseki.sandbox import wire, workdir

FILE = "records.jsonl"
_LONGEST_INTEGER = 300  # digits; any integer that is shorter has a float beside it
_LONGEST_REASON = 300  # characters
_LAST_LINE = 10_000_000
_NAME = re.compile(r"\w[\w.-]{0,127}")  # files are called by it: it must lead nowhere else
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RecordsReader:
    """Follows `records.jsonl` from one execution to the next."""

    def __init__(self, session: Path, limit: int) -> None:
        self._session = session
        self._limit = limit
        self._offset = 0
        self._inode: int | None = None

    def new(self, step: int) -> tuple[tuple[Record, ...], Failure | None]:
        """The records since the last call, at the end of `step`, and what is wrong with the lines that are none."""
        try:
            file = self._open()
        except FileNotFoundError:
            return (), _failure("the file was removed") if self._offset else None
        except OSError as error:
            return (), _failure(f"the file cannot be read: {error.strerror}")
        try:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                return (), _failure("it is not a regular file")
            if about.st_nlink > 1:
                return (), _failure("the file has more than one name")
            if about.st_size < self._offset or self._inode not in (None, about.st_ino):
                return (), _failure("earlier records were changed")
            if about.st_size - self._offset > self._limit:
                return (), _failure(f"more than {self._limit:,} bytes were recorded in one step")
            data = os.pread(file, about.st_size - self._offset, self._offset)
        finally:
            os.close(file)
        self._inode = about.st_ino
        self._offset += len(data)
        return _parse(data, step)

    def _open(self) -> int:
        outbox = workdir.open_outbox(self._session)
        try:
            return os.open(FILE, _OPEN, dir_fd=outbox)
        finally:
            os.close(outbox)


def _parse(data: bytes, step: int) -> tuple[tuple[Record, ...], Failure | None]:
    if wire.values_in(data) > wire.MOST_VALUES:
        return (), _failure(f"more than {wire.MOST_VALUES:,} values were recorded in one step")
    found: list[Record] = []
    failure = None
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            record = Record.model_validate(_load(line))
            _check_place(record, step)
            _check_paths(record.files)
            found.append(record)
        except (ValueError, RecursionError) as error:
            failure = failure or _failure(f"line {number} is no record: {_reason(error)}")
    return tuple(found), failure


def _load(line: bytes) -> Any:
    text = line.decode("utf-8")
    value = json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
    # An escaped lone surrogate cannot be stored, nor can 1e999, which is read as infinite.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(digits):,} digits is not a value")
    return int(digits)


def _check_place(record: Record, step: int) -> None:
    """A function of an earlier step may record in a later one."""
    if not 0 <= record.step <= step or not 0 <= record.line <= _LAST_LINE:
        raise ValueError(f"step {step} cannot record for line {record.line} of step {record.step}")
    if not _NAME.fullmatch(record.name):
        raise ValueError(f"{record.name[:200]!r} is not a name")


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
    message = message[:_LONGEST_REASON]
    return Failure(
        kind="facts",
        type="BadRecords",
        message=f"the records of the kit are not in order: {message}",
        hint=f"record with the kit only, and leave {FILE} alone",
    )
