"""AWS emulated in this process by moto: an empty account, or one with a bucket.

moto's backends are made for one thread: a listing breaks when another thread puts an object meanwhile, and of two
changes to an item one may be lost. Here each call is answered alone, so that tests with threads, or with a wire to
other processes, meet what AWS promises, in any order of calls.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

REGION = "eu-west-1"


@contextmanager
def in_process_aws(region: str = REGION) -> Iterator[None]:
    """An empty account, and an environment of credentials that reach it alone."""
    alone, process = threading.RLock(), BotocoreStubber.process_request

    def process_alone(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        with alone:
            return process(stubber, request)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, region)
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setattr(BotocoreStubber, "process_request", process_alone)
        with mock_aws():
            yield


@contextmanager
def in_process_bucket(name: str) -> Iterator[Any]:
    """A client of S3 in such an account, with one bucket."""
    with in_process_aws():
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client
