"""Files of a bundle to a bucket and back, many at a time and large ones in parts."""

import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.exceptions import ClientError

from kaiseki.errors import StoreError
from kaiseki.stores.aws import code_of
from kaiseki.stores.regular_file import open_regular, parts_below

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

REPORT = "report.html"  # read by browsers straight from the bucket
_CONFIG = TransferConfig(max_concurrency=8, preferred_transfer_client="classic")
_OPEN_AT_ONCE = 64  # files
_REMOVED_AT_ONCE = 1_000  # objects, the most that S3 takes
_LONGEST_KEY = 1_024  # bytes
_GZIP = b"\x1f\x8b"
_MISSING = {"404", "NoSuchKey"}
_T = TypeVar("_T")


class Transfer:
    """Raises what boto3 raises: see aws.as_store_errors."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def upload(self, folder: Path, prefix: str, files: Mapping[str, str]) -> None:
        """`files`: path below `folder` -> media type, empty if it is not known. What is no regular file stays here."""
        for some in _portions(list(files.items()), _OPEN_AT_ONCE):
            with create_transfer_manager(self._client, _CONFIG) as manager:
                futures = []
                for path, media_type in some:
                    file = _opened(folder, path)
                    if file is None or len((prefix + path).encode("utf-8", "replace")) > _LONGEST_KEY:
                        continue
                    described = _description(path, media_type)
                    futures.append((manager.upload(file, self._bucket, prefix + path, described), file))
                for future, file in futures:
                    future.result()
                    file.close()

    def download(self, folder: Path, prefix: str, paths: Sequence[str]) -> None:
        """Raises StoreError for a path that leads out of `folder`, and for one that the bucket does not have."""
        with create_transfer_manager(self._client, _CONFIG) as manager:
            futures = []
            for path in paths:
                target = _target(folder, path)
                futures.append((manager.download(self._bucket, prefix + path, str(target)), path, target))
            for future, path, target in futures:
                try:
                    future.result()
                except ClientError as error:
                    raise self._missing(prefix + path) if code_of(error) in _MISSING else error from None
                if path == REPORT:
                    _decode(target)

    def _missing(self, key: str) -> StoreError:
        return StoreError(
            f"there is no s3://{self._bucket}/{key}", hint="the bundle or request is not whole: ask again"
        )

    def remove(self, keys: Sequence[str]) -> None:
        for some in _portions(keys, _REMOVED_AT_ONCE):
            self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
            )


def _opened(folder: Path, path: str) -> BinaryIO | None:
    """None for what is not there any more as a file: generated code may put links where its files were."""
    try:
        file = open_regular(folder, path)
        path.encode()
    except (OSError, UnicodeEncodeError):
        return None
    if path != REPORT:
        return file
    with file:
        return io.BytesIO(gzip.compress(file.read(), mtime=0))


def _description(path: str, media_type: str) -> dict[str, Any]:
    described = {"ContentType": media_type} if media_type else {}
    if path == REPORT:
        described |= {"ContentEncoding": "gzip", "ContentDisposition": "inline"}
    return described


def _target(folder: Path, path: str) -> Path:
    """Where to put it: below `folder`, by no link that was left there."""
    try:
        target = folder.joinpath(*parts_below(path))
    except OSError as error:
        raise StoreError(f"the bundle lists a file outside of itself: {error}", hint="do not trust it") from None
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()) or target.is_symlink():
        raise StoreError(f"{target} is reached by a link", hint="remove the local copy of the bundle, and try again")
    return target


def _decode(report: Path) -> None:
    content = report.read_bytes()
    if content.startswith(_GZIP):
        report.write_bytes(gzip.decompress(content))


def _portions(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
