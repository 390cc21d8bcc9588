"""What `make check-infra` says is said, and what is acknowledged is so with a reason."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from infra.checks.synthesis import heed_rules
from infra.environments import Environment
from infra.flags import FLAGS
from infra.service_stack import ServiceStage
from infra.settings import Api, ExistingNetwork, Functions, Jwt, NewNetwork, Storage
from infra.settings_task import ImageUri, Runner
from infra.settings_warehouse import ExistingCluster, ImageFolder


@pytest.fixture(scope="module")
def checked(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("checked") / "templates"
    command = [sys.executable, "-m", "infra.checks", str(folder)]
    return folder, subprocess.run(
        command, cwd=project, env=dict(os.environ), capture_output=True, text=True, check=False
    )


def test_cdk_nag_finds_nothing_and_no_role_lacks_what_its_code_calls(
    checked: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, done = checked
    assert done.returncode == 0, done.stderr


def test_all_stacks_are_checked_the_toolchain_in_both_forms(
    checked: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = checked
    names = {path.name.split(".")[0] for path in folder.glob("*.template.json")}
    assert names == {"toolchain", "toolchain-connected"}
    assert {path.parent.name for path in folder.glob("assembly-*/*.template.json")} == {
        *("assembly-dev", "assembly-staging", "assembly-prod"),
    }


def test_cdk_nag_stops_the_synthesis_where_it_finds_anything(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "stack"), "Bucket")
    heed_rules(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        app.synth()


NETWORK = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
CHOSEN = (
    Environment(
        "nat",
        network=NewNetwork(way_out="nat"),
        api=Api(callers=Jwt("https://issuer.example", ("kaiseki",))),
        functions=Functions(tracing=True, reserved=5),
        runner=Runner(container_insights=True, capacity="spot-first"),
    ),
    Environment(
        "cluster",
        network=NETWORK,
        warehouse=ExistingCluster("sales", "prod", "sg-0123456789abcdef0"),
        storage=Storage(own_key=True),
    ),
    Environment(
        "offline",
        network=NewNetwork(flow_logs=False),
        warehouse=ImageFolder("/data"),
        model="offline",
        image=ImageUri(f"registry.example/kaiseki@sha256:{'0' * 64}"),
    ),
)


def test_cdk_nag_finds_nothing_either_where_settings_are_chosen_otherwise(tmp_path: Path) -> None:
    app = App(context=FLAGS, outdir=str(tmp_path))
    for environment in CHOSEN:
        ServiceStage(app, environment, lambda_.Code.from_inline("def handler(event, context): ..."))
    heed_rules(app)
    app.synth()


def test_what_is_acknowledged_is_this_and_has_a_reason(
    checked: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = checked
    acknowledged = {
        rule: reason
        for path in folder.rglob("*.metadata.json")
        for entries in json.loads(path.read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
        if "AwsSolutions" in rule
    }
    assert {rule.split("::")[1].split("[")[0].removeprefix("AwsSolutions-") for rule in acknowledged} == {
        *("IAM5", "L1", "ECS2", "ECS4", "SQS3", "S1", "CB3", "CB4"),
    }
    assert all(len(reason.split()) >= 5 for reason in acknowledged.values())


def test_cfn_lint_finds_nothing(checked: tuple[Path, subprocess.CompletedProcess[str]], project: Path) -> None:
    folder, _ = checked
    templates = sorted(str(path) for path in folder.rglob("*.template.json"))
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    done = subprocess.run([lint, *templates], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_rule_that_checkov_skips_has_its_reason(project: Path) -> None:
    lines = (project / ".checkov.yaml").read_text().split("skip-check:\n")[1].splitlines()
    reasoned = False
    for line in lines:
        if re.match(r"  # ", line):
            reasoned = True
        else:
            assert re.match(r"  - CKV_AWS_\d+", line), line
            assert reasoned or "#" in line, line
            reasoned = "#" in line
