"""What `make e2e` deploys is the service's own stack but for what its emulator does not know."""

import json
from collections import Counter
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_lambda as lambda_

from infra.emulated import EMULATED, UNKNOWN_TO_THE_EMULATOR, emulated_app
from infra.flags import FLAGS
from infra.service_stack import ServiceStage


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Of the stack as it is deployed to AWS with these settings, and to the emulator: logical id -> resource."""
    package = tmp_path_factory.mktemp("package")
    (package / "api.py").write_text("")
    whole = App(context=FLAGS, outdir=str(tmp_path_factory.mktemp("whole")))
    ServiceStage(whole, EMULATED, lambda_.Code.from_asset(str(package)))
    pruned = emulated_app(lambda_.Code.from_asset(str(package)), str(tmp_path_factory.mktemp("pruned")))
    return {name: _resources(Path(app.synth().directory)) for name, app in (("whole", whole), ("pruned", pruned))}


def _resources(assembly: Path) -> dict:
    (template,) = assembly.glob("assembly-e2e/*.template.json")
    return json.loads(template.read_text())["Resources"]


def test_the_list_of_what_is_taken_out_is_this():
    assert {
        "AWS::CloudWatch::Alarm",
        "AWS::EC2::FlowLog",
        "AWS::ECS::ClusterCapacityProviderAssociations",
    } == UNKNOWN_TO_THE_EMULATOR


def test_all_of_the_list_and_nothing_else_is_taken_out(resources):
    missing = Counter(resources["whole"][name]["Type"] for name in set(resources["whole"]) - set(resources["pruned"]))
    assert set(missing) == UNKNOWN_TO_THE_EMULATOR
    assert not set(resources["pruned"]) - set(resources["whole"])


def test_what_stays_is_not_changed(resources):
    for name, resource in resources["pruned"].items():
        assert resource == resources["whole"][name], name


def test_nothing_that_stays_refers_to_what_is_taken_out(resources):
    gone = set(resources["whole"]) - set(resources["pruned"])
    written = json.dumps(resources["pruned"])
    assert not [name for name in gone if f'"{name}"' in written]
