"""The files of a company's knowledge in a bucket."""

from typing import TYPE_CHECKING

from kaiseki.errors import InputError
from kaiseki.stores.aws import as_store_errors
from kaiseki.stores.knowledge_folder import ENDINGS, require_few

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def read_bucket(location: str, client: "S3Client") -> dict[str, str]:
    """Key -> text of each YAML object right below `s3://bucket/prefix`. Raises InputError or StoreError."""
    bucket, _, prefix = location.removeprefix("s3://").strip("/").partition("/")
    below = f"{prefix}/" if prefix else ""
    with as_store_errors(location):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below, Delimiter="/")
        keys = [each.get("Key", "") for page in pages for each in page.get("Contents", ())]
        keys = [key for key in keys if key.endswith(ENDINGS)]
        require_few(len(keys), location)
        contents = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    try:
        return {key: content.decode("utf-8-sig") for key, content in contents.items()}
    except UnicodeDecodeError as error:
        raise InputError(
            f"the knowledge in {location} cannot be read: {error}", hint="save its files as UTF-8"
        ) from None
