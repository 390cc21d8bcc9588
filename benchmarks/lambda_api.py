"""What the API's function adds to AWS's own part: its cold import, and its handler's time apart from calls of AWS.

    .venv/bin/python benchmarks/lambda_api.py [--rounds N]

The import is that of the packed asset, byte-compiled, beside boto3 with one client, in turn within each round; the
ratio is the larger one of their medians and of their minima. The handler runs against AWS emulated in this process
(moto), once warm; all calls of boto3 clients are timed apart, so what is left is the function's own: it does not depend
on how fast AWS answers.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "lambda"), str(ROOT / "tests" / "unit" / "service")]

import boto3  # noqa: E402
from botocore.client import BaseClient  # noqa: E402
from moto import mock_aws  # noqa: E402

from infra.lambda_asset import build_lambda_asset  # noqa: E402

AT_MOST = 1.7
BASE = "import boto3; boto3.client('dynamodb')"
OURS = "import cold_start, boto3; boto3.client('dynamodb')"
REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "KAISEKI_TABLE": "runs",
    "KAISEKI_BUCKET": "bundles",
    "KAISEKI_CLUSTER": "analysts",
    "KAISEKI_TASK_FAMILY": "kaiseki-dev",
    "KAISEKI_CONTAINER": "kaiseki",
    "KAISEKI_CAPACITY": "on-demand",
    "KAISEKI_START_TIMEOUT": "600",
    "KAISEKI_STALE_AFTER": "180",
    "KAISEKI_QUEUE_TIMEOUT": "21600",
    "KAISEKI_PRINCIPAL_ACTIVE": "100000",
    "KAISEKI_ENVIRONMENT_ACTIVE": "100000",
    "KAISEKI_PRINCIPAL_USD": "100000",
    "KAISEKI_ENVIRONMENT_USD": "100000",
    "KAISEKI_OWNER": "session",
    "KAISEKI_ENVIRONMENT": "dev",
    "KAISEKI_LINK_SECONDS": "900",
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    rounds = options.parse_args().rounds
    ratio = report_imports(rounds)
    report_handler(rounds * 10)
    print(f"\ncold import: {ratio:.2f} of boto3 with one client, at most {AT_MOST}")
    return 0 if ratio <= AT_MOST else 1


def report_imports(rounds: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        machine = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
        build_lambda_asset(Path(folder), machine, f"{sys.version_info.major}.{sys.version_info.minor}")
        base, ours = [], []
        for _ in range(rounds + 1):  # the first fills the page cache
            base.append(seconds_of(BASE, folder))
            ours.append(seconds_of(OURS, folder))
    print("| cold import | median ms | ratio | min ms | ratio |\n|---|---:|---:|---:|---:|")
    ratios = [middle(ours[1:]) / middle(base[1:]) for middle in (statistics.median, min)]
    for name, times, (of_medians, of_minima) in (
        ("boto3 with one client", base[1:], (1, 1)),
        ("the API with one client", ours[1:], ratios),
    ):
        median, least = statistics.median(times) * 1e3, min(times) * 1e3
        print(f"| {name} | {median:.0f} | {of_medians:.2f} | {least:.0f} | {of_minima:.2f} |")
    return max(ratios)


def seconds_of(imports: str, asset: str) -> float:
    """In a new process, without what Python itself takes to start."""
    script = f"import sys, time; sys.path.insert(0, {asset!r}); at = time.perf_counter(); {imports}; "
    script += "print(time.perf_counter() - at)"
    environment = {**os.environ, **ENVIRONMENT}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return float(ran.stdout)


def report_handler(rounds: int) -> None:
    os.environ.update(ENVIRONMENT)
    with mock_aws():
        set_up()
        import api

        def send(method: str, path: str, body: object | None = None) -> dict[str, Any]:
            answer = api.handler(event(method, path, body), SimpleNamespace(aws_request_id="7a1c"))
            assert answer["statusCode"] < 300, answer
            held = json.loads(answer["body"])
            assert isinstance(held, dict)
            return held

        short, long = {"prompt": "How many users are there?"}, {"prompt": "解析" * 100_000}
        files = {"files": [{"name": f"{n}.csv", "bytes": 10} for n in range(10)]}
        with silence():
            run_id = send("POST", "/prompt", short)["run_id"]
        put_bundle(run_id)
        calls: dict[str, Callable[[], object]] = {
            "POST /prompt": lambda: send("POST", "/prompt", short),
            "POST /prompt, 200,000 characters": lambda: send("POST", "/prompt", long),
            "GET /runs/{id}, 60 files": lambda: send("GET", f"/runs/{run_id}"),
            "GET /runs, 20 of them": lambda: send("GET", "/runs"),
            "POST /uploads, 10 files": lambda: send("POST", "/uploads", files),
        }
        print(
            "\n| handler, warm, median | ms without AWS calls | AWS calls | share of the calls |\n|---|---:|---:|---:|"
        )
        for name, call in calls.items():
            report_call(name, call, rounds)


def report_call(name: str, call: Callable[[], object], rounds: int) -> None:
    own, share, counts = [], [], []
    for _ in range(rounds):
        with silence(), timed_clients() as spent:
            at = time.perf_counter()
            call()
            total = time.perf_counter() - at
        own.append(total - sum(spent))
        share.append(sum(spent) / total)
        counts.append(len(spent))
    middle = statistics.median
    print(f"| {name} | {middle(own) * 1e3:.1f} | {middle(counts):.0f} | {middle(share):.0%} |")


@contextmanager
def timed_clients() -> Iterator[list[float]]:
    spent: list[float] = []
    really = BaseClient._make_api_call

    def timed(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        at = time.perf_counter()
        try:
            return really(client, operation, arguments)
        finally:
            spent.append(time.perf_counter() - at)

    BaseClient._make_api_call = timed  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        BaseClient._make_api_call = really  # type: ignore[method-assign]


@contextmanager
def silence() -> Iterator[None]:
    """What the function logs."""
    before, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stdout = before


def event(method: str, path: str, body: object | None) -> dict[str, Any]:
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "curl"}
    arn = "arn:aws:sts::111122223333:assumed-role/analyst/alice"
    held: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": http, "stage": "$default", "authorizer": {"iam": {"userArn": arn}}},
        "isBase64Encoded": False,
    }
    return held | ({"body": json.dumps(body)} if body is not None else {})


def set_up() -> None:
    from conftest import TABLE_DEFINITION

    boto3.client("dynamodb").create_table(**TABLE_DEFINITION)
    boto3.client("s3").create_bucket(Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": REGION})
    os.environ["KAISEKI_QUEUE_URL"] = boto3.client("sqs").create_queue(QueueName="launches")["QueueUrl"]
    ec2, ecs = boto3.client("ec2"), boto3.client("ecs")
    os.environ["KAISEKI_SUBNETS"] = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    os.environ["KAISEKI_SECURITY_GROUPS"] = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ecs.create_cluster(clusterName="analysts")
    container = {"name": "kaiseki", "image": "kaiseki", "memory": 4096, "essential": True}
    ecs.register_task_definition(family="kaiseki-dev", networkMode="awsvpc", containerDefinitions=[container])


def put_bundle(run_id: str) -> None:
    """A `run.json` of 12 steps and 60 files, as large ones are."""
    steps = [{"number": n, "purpose": "Rates by age", "accepted": True, "code": "x" * 4_000} for n in range(1, 13)]
    files = [{"path": f"data/{n}.parquet", "kind": "data", "title": "", "bytes": 1_000} for n in range(60)]
    run = {"prompt": "How many?", "steps": steps, "artifacts": files, "usage": {"calls": 12}, "answer": "12"}
    boto3.client("s3").put_object(Bucket="bundles", Key=f"runs/{run_id}/run.json", Body=json.dumps(run).encode())


if __name__ == "__main__":
    sys.exit(main())
