"""What every cache must do, in a folder and in a bucket: keep what it can, and never stand in the way."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from in_process_aws import in_process_bucket
from kaiseki.ports import Cache
from kaiseki.stores.caches import FolderCache, S3Cache

BUCKET = "bundles"


@pytest.fixture
def bucket() -> Iterator[object]:
    with in_process_bucket(BUCKET) as client:
        yield client


@pytest.fixture(params=["folder", "s3"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Cache:
    if request.param == "folder":
        return FolderCache(tmp_path / "cache")
    request.getfixturevalue("bucket")
    return S3Cache(f"s3://{BUCKET}/team", lambda: boto3.client("s3"))


def test_what_was_put_is_there_until_something_else_is(cache: Cache) -> None:
    assert cache.get("a.gz") is None
    cache.put("a.gz", b"first")
    cache.put("b.gz", b"another")
    assert (cache.get("a.gz"), cache.get("b.gz")) == (b"first", b"another")
    cache.put("a.gz", b"second")
    assert cache.get("a.gz") == b"second"


@pytest.mark.usefixtures("bucket")
def test_in_a_bucket_it_lies_below_one_prefix() -> None:
    client = boto3.client("s3")
    S3Cache(f"s3://{BUCKET}/team", lambda: client).put("a.gz", b"kept")
    S3Cache(f"s3://{BUCKET}", lambda: client).put("a.gz", b"kept")
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["catalogs/a.gz", "team/catalogs/a.gz"]


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_keeps_nothing_and_raises_nothing() -> None:
    cache = S3Cache("s3://elsewhere", lambda: boto3.client("s3"))
    cache.put("a.gz", b"kept")
    assert cache.get("a.gz") is None


def test_a_folder_is_its_owners_alone(tmp_path: Path) -> None:
    FolderCache(tmp_path / "cache").put("a.gz", b"kept")
    (kept,) = (tmp_path / "cache").iterdir()
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "cache", kept)] == [0, 0]
