"""The stack as a whole: its name, its outputs, what it costs whom, and the app around it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from aws_cdk.assertions import Match, Template

from infra.environments import Environment

Synthesized = Callable[[Environment], Template]


@pytest.fixture(scope="module")
def app(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`python app.py`, without building the functions' package."""

    def run(out: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        without_package = {"CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}), "CDK_OUTDIR": str(out)}
        return subprocess.run(
            [sys.executable, "app.py"],
            cwd=project,
            env={**os.environ, **without_package, **(environment or {})},
            capture_output=True,
            text=True,
        )

    return run


def test_the_app_has_a_stage_with_a_stack_service_per_environment(
    app: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = app(tmp_path)
    assert done.returncode == 0, done.stderr
    stacks = {}
    for stage in ("dev", "staging", "prod"):
        manifest = json.loads((tmp_path / f"assembly-{stage}" / "manifest.json").read_text())
        (stack,) = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]
        stacks[stack["displayName"].split(" ")[0]] = stack["properties"]
    assert set(stacks) == {"dev/service", "staging/service", "prod/service"}
    assert stacks["prod/service"]["terminationProtection"] is True
    assert stacks["dev/service"]["terminationProtection"] is False
    assert stacks["dev/service"]["stackName"] == "kaiseki-dev"


def test_the_app_refuses_settings_that_do_not_fit_with_one_line(
    app: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = app(tmp_path, {"CDK_DEFAULT_REGION": "eu-central-1"})
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "kaiseki: the model 'us.anthropic.claude-sonnet-5' is not offered in eu-central-1, which lies outside its "
        "geography: set model to bedrock/eu.anthropic.claude-sonnet-5"
    ]


def test_clients_find_the_service_by_output_and_by_parameter(trial: Template) -> None:
    for name in ("ApiUrl", "BucketName", "TableName"):
        trial.has_output(name, {"Value": Match.any_value()})
    trial.has_resource_properties("AWS::SSM::Parameter", {"Name": "/kaiseki/dev/api-url", "Type": "String"})


@pytest.mark.parametrize(
    "kind", ["S3::Bucket", "DynamoDB::Table", "Lambda::Function", "ECS::TaskDefinition", "EC2::VPC"]
)
def test_what_costs_money_bears_the_tags_by_which_it_is_counted(trial: Template, kind: str) -> None:
    for resource in trial.find_resources(f"AWS::{kind}").values():
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        assert (tags["app"], tags["environment"]) == ("kaiseki", "dev")


def test_the_functions_settings_are_complete(trial: Template, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(project / "lambda"))
    from budget import terms_of
    from service import load_settings

    for function in trial.find_resources("AWS::Lambda::Function").values():
        given = function["Properties"]["Environment"]["Variables"]
        as_text = {name: value if isinstance(value, str) else "of-the-stack" for name, value in given.items()}
        assert load_settings(as_text).environment == "dev"
        assert terms_of(as_text).most.usd == 10.0


def test_handlers_are_those_of_the_lambda_folder(trial: Template, project: Path) -> None:
    for function in trial.find_resources("AWS::Lambda::Function").values():
        module, name = function["Properties"]["Handler"].split(".")
        assert re.search(rf"(def|import) {name}\b", (project / "lambda" / f"{module}.py").read_text())
