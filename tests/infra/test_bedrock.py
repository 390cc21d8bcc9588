"""Where prompts may go follows from the model's id, and so does what the task may call."""

import json
from collections.abc import Callable

import pytest
from aws_cdk.assertions import Template

from infra.bedrock import REGIONS_OF_GEOGRAPHY
from infra.environments import Environment
from kaiseki.errors import SettingError

Synthesized = Callable[[Environment], Template]


def models_of_task(template: Template) -> list[str]:
    """The ARNs that the task may invoke, with references to the stack's own account and region in angle brackets."""
    resources = [
        resource
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "bedrock:InvokeModel" in statement["Action"]
        for resource in statement["Resource"]
        if set(statement["Action"]) == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
    ]
    return [
        "".join(f"<{part['Ref']}>" if isinstance(part, dict) else part for part in r["Fn::Join"][1]) for r in resources
    ]


def test_a_geography_opens_its_profile_and_the_model_in_each_of_its_regions(synthesized: Synthesized) -> None:
    japan = Environment("dev", region="ap-northeast-1", model="bedrock/jp.anthropic.claude-sonnet-5")
    assert models_of_task(synthesized(japan)) == [
        "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>:inference-profile/jp.anthropic.claude-sonnet-5",
        "arn:<AWS::Partition>:bedrock:ap-northeast-1::foundation-model/anthropic.claude-sonnet-5",
        "arn:<AWS::Partition>:bedrock:ap-northeast-3::foundation-model/anthropic.claude-sonnet-5",
    ]


def test_a_model_without_geography_is_open_in_the_stacks_own_region_alone(synthesized: Synthesized) -> None:
    own = Environment("dev", model="bedrock/anthropic.claude-haiku-5-5")
    (arn,) = [
        statement["Resource"]
        for policy in synthesized(own).find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "bedrock:InvokeModel" in statement["Action"]
    ]
    assert json.dumps(arn).count("foundation-model/anthropic.claude-haiku-5-5") == 1
    assert {"Ref": "AWS::Region"} in arn["Fn::Join"][1]


def test_a_global_model_is_refused_unless_it_is_asked_for(synthesized: Synthesized) -> None:
    with pytest.raises(SettingError, match="may be computed in any region of the world"):
        Environment("dev", model="bedrock/global.anthropic.claude-sonnet-5")
    asked = Environment("dev", model="bedrock/global.anthropic.claude-sonnet-5", global_inference=True)
    assert "arn:<AWS::Partition>:bedrock:::foundation-model/anthropic.claude-sonnet-5" in models_of_task(
        synthesized(asked)
    )


def test_without_bedrock_no_model_may_be_called_and_no_endpoint_is_paid_for(synthesized: Synthesized) -> None:
    written = json.dumps(synthesized(Environment("dev", model="offline")).to_json())
    assert "bedrock" not in written


def test_no_region_is_in_two_geographies_but_for_those_within_apac() -> None:
    apart = [geography for geography in REGIONS_OF_GEOGRAPHY if geography not in ("jp", "au")]
    regions = [region for geography in apart for region in REGIONS_OF_GEOGRAPHY[geography]]
    assert len(regions) == len(set(regions))
    assert {*REGIONS_OF_GEOGRAPHY["jp"], *REGIONS_OF_GEOGRAPHY["au"]} < {*REGIONS_OF_GEOGRAPHY["apac"]}
