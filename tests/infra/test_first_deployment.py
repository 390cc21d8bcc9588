"""In an empty account: the toolchain first, by its first run the digests, by the digests the environments."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.buildspecs import deployment, image_by_hand
from infra.checks.synthesis import CONNECTED
from infra.environments import ENVIRONMENTS, Environment
from infra.flags import FLAGS
from infra.promotion import digest_parameter
from infra.settings_toolchain import Toolchain
from infra.toolchain_stack import ToolchainStack

Synthesized = Callable[[Environment], Template]
OF_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
BOTH = pytest.mark.parametrize("settings", [Toolchain(), CONNECTED], ids=["by hand", "connected"])


def needed(template: dict[str, Any]) -> set[str]:
    """The parameters that must be there before CloudFormation takes the template."""
    return {
        parameter["Default"]
        for parameter in template.get("Parameters", {}).values()
        if parameter["Type"].startswith("AWS::SSM::Parameter::Value")
    } - {OF_BOOTSTRAP}


@BOTH
def test_the_toolchain_needs_nothing_that_another_stack_or_build_makes(settings: Toolchain) -> None:
    template = Template.from_stack(ToolchainStack(App(context=FLAGS), "toolchain", settings, ENVIRONMENTS)).to_json()
    assert not needed(template)
    assert "Fn::ImportValue" not in str(template)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_an_environment_needs_its_digest_and_nothing_else(synthesized: Synthesized, environment: Environment) -> None:
    template = synthesized(environment).to_json()
    assert needed(template) == {digest_parameter(environment.name)}
    assert "Fn::ImportValue" not in str(template)


def test_the_parameter_that_an_environment_reads_is_the_one_that_builds_write() -> None:
    for spec in (deployment(), image_by_hand()):
        written = "\n".join(spec["phases"]["build"]["commands"])
        assert f'--name "{digest_parameter("$ENVIRONMENT")}" --value "$DIGEST" --type String' in written


def test_the_first_run_comes_by_itself_and_writes_a_digest_before_each_deployment() -> None:
    template = Template.from_stack(ToolchainStack(App(context=FLAGS), "toolchain", CONNECTED, ENVIRONMENTS))
    (pipeline,) = template.find_resources("AWS::CodePipeline::Pipeline").values()
    names = [stage["Name"] for stage in pipeline["Properties"]["Stages"]]
    deploying = [environment.name.capitalize() for environment in ENVIRONMENTS]
    assert names.index("Image") < min(names.index(name) for name in deploying)
    commands = deployment()["phases"]["build"]["commands"]
    (writing,) = [at for at, command in enumerate(commands) if "put-parameter" in command]
    (deploys,) = [at for at, command in enumerate(commands) if "cdk deploy" in command]
    assert writing < deploys


def test_every_environment_that_runs_the_toolchains_image_is_promoted_to() -> None:
    assert [environment.name for environment in ENVIRONMENTS] == [*Toolchain().environments]


def test_the_app_has_the_toolchain_beside_the_environments(project: Path, tmp_path: Path) -> None:
    without_packages = {"CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}), "CDK_OUTDIR": str(tmp_path)}
    variables = {**os.environ, **without_packages, "CDK_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run([sys.executable, "app.py"], cwd=project, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    artifacts = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    toolchain = artifacts["toolchain"]
    assert toolchain["properties"]["stackName"] == "kaiseki-toolchain"
    assert toolchain["environment"] == "aws://unknown-account/us-east-1"
    assert {f"assembly-{environment.name}" for environment in ENVIRONMENTS} < set(artifacts)
