"""Files to attach: put by their owner straight into the bucket, then copied to the run that names them."""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bodies import ATTACHMENTS, UPLOAD_BYTES, Upload, UploadWish
from places import attachment_key, upload_prefix
from refusals import invalid

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_STEM_BYTES = 120


@dataclass(frozen=True)
class Attachment:
    key: str
    name: str


class Uploads:
    def __init__(self, s3: "S3Client", bucket: str, link_seconds: int) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._link_seconds = link_seconds

    def offer(self, owner: str, wish: UploadWish) -> Upload:
        """A place for one file, and a link by which exactly so many bytes may be put there. Raises Refused."""
        name = safe_name(wish.name)
        upload_id = secrets.token_hex(16)
        media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
        url = self._s3.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": upload_prefix(owner, upload_id) + name,
                "ContentLength": wish.bytes,
                "ContentType": media_type,
            },
            ExpiresIn=self._link_seconds,
        )
        headers = {"Content-Length": str(wish.bytes), "Content-Type": media_type}
        return Upload(id=upload_id, name=name, url=url, headers=headers)

    def find(self, owner: str, upload_ids: Sequence[str]) -> tuple[Attachment, ...]:
        """The caller's files, in order. Raises Refused for one that is not there, or not the caller's: all the same."""
        if not upload_ids:
            return ()
        with ThreadPoolExecutor(ATTACHMENTS) as pool:
            found = tuple(pool.map(lambda upload_id: self._find(owner, upload_id), upload_ids))
        names = [attachment.name.casefold() for attachment in found]
        twice = next((attachment.name for attachment in found if names.count(attachment.name.casefold()) > 1), None)
        if twice is not None:
            raise invalid(
                "attachment.duplicate", f"two attachments are named {twice}", "upload one of them under another name"
            )
        return found

    def attach(self, attachments: Sequence[Attachment], run_id: str) -> None:
        """Copies them to the run, inside the bucket."""
        if attachments:
            with ThreadPoolExecutor(ATTACHMENTS) as pool:
                list(pool.map(lambda attachment: self._copy(attachment, run_id), attachments))

    def _find(self, owner: str, upload_id: str) -> Attachment:
        prefix = upload_prefix(owner, upload_id)
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
        if not listed:
            raise invalid(
                "attachment.unknown",
                f"there is no upload {upload_id} of yours",
                "POST /uploads, then PUT the file to the link that came back; uploads are kept for a day",
            )
        if listed[0]["Size"] > UPLOAD_BYTES:
            raise invalid("attachment.too_large", f"the upload {upload_id} has {listed[0]['Size']:,} bytes")
        return Attachment(listed[0]["Key"], listed[0]["Key"].removeprefix(prefix))

    def _copy(self, attachment: Attachment, run_id: str) -> None:
        self._s3.copy_object(
            Bucket=self._bucket,
            Key=attachment_key(run_id, attachment.name),
            CopySource={"Bucket": self._bucket, "Key": attachment.key},
        )


def safe_name(name: str) -> str:
    """The file's own name without folders, of letters, digits, `-`, `.` and `_`. Raises Refused for other kinds."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem, dot, suffix = last.rpartition(".")
    suffix = dot + suffix.strip().lower()
    if suffix not in MEDIA_TYPES:
        raise invalid(
            "upload.type", f"{last[:80]!r} is not a CSV, Parquet or Excel file", "name it .csv, .parquet or .xlsx"
        )
    kept = re.sub(r"[^\w.-]+", "_", stem, flags=re.UNICODE).strip("._-")
    return (kept.encode()[:_STEM_BYTES].decode(errors="ignore") or "file") + suffix
