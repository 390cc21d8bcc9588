"""What a model id says about where prompts and data go, and the ARNs that a caller of the model needs.

A geography names the regions among which Amazon Bedrock may spread a request. The lists here were written down from
AWS's pages in November 2026 and tried nowhere; they may differ by model and grow. A region that is missing fails as
AccessDenied when a request is sent there: add it. `aws bedrock get-inference-profile` tells those of a model.
"""

import re
from dataclasses import dataclass

from aws_cdk import Aws

from kaiseki.errors import SettingError

GLOBAL = "global"
REGIONS_OF_GEOGRAPHY: dict[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "eu": (
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
    ),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "apac": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ap-east-2",
    ),
}
PREFIX = "bedrock/"
_ID = re.compile(r"(?:(?P<geography>us|eu|jp|au|apac|global)\.)?(?P<model>[a-z0-9-]+\.[a-z0-9][a-z0-9.:-]*)")


@dataclass(frozen=True)
class BedrockModel:
    """A model of Amazon Bedrock: `anthropic.claude-sonnet-5`, and `us` where its id begins with `us.`."""

    model: str
    geography: str  # empty: served by the environment's own region alone

    @property
    def profile(self) -> str:
        return f"{self.geography}.{self.model}" if self.geography else ""


def bedrock_model(spec: str) -> BedrockModel | None:
    """What `bedrock/<id>` names; None for a model that is not of Bedrock. Raises SettingError for what is no id."""
    if not spec.startswith(PREFIX):
        return None
    match = _ID.fullmatch(spec.removeprefix(PREFIX))
    if match is None:
        raise SettingError(
            f"the model '{spec}' is no id of Amazon Bedrock", hint="write it as bedrock/us.anthropic.claude-sonnet-5"
        )
    return BedrockModel(match["model"], match["geography"] or "")


def require_geography(model: BedrockModel, region: str | None, global_inference: bool) -> None:
    """Raises SettingError where requests would leave for the whole world unasked, or the region is not served."""
    if model.geography == GLOBAL:
        if not global_inference:
            raise SettingError(
                f"the model '{model.profile}' may be computed in any region of the world",
                hint="choose a geography (us. eu. jp. au. apac.), or say global_inference=True",
            )
        return
    if region is None or not model.geography or region in REGIONS_OF_GEOGRAPHY[model.geography]:
        return
    fitting = [geography for geography, regions in REGIONS_OF_GEOGRAPHY.items() if region in regions]
    written = " or ".join(f"{PREFIX}{geography}.{model.model}" for geography in fitting)
    raise SettingError(
        f"the model '{model.profile}' is not offered in {region}, which lies outside its geography",
        hint=f"set model to {written}" if fitting else f"set model to {PREFIX}{model.model}, or choose another region",
    )


def resources(model: BedrockModel) -> list[str]:
    """The ARNs of the model in the regions of its geography, and of its inference profile in the stack's own."""
    if not model.geography:
        return [_foundation_model(Aws.REGION, model)]
    profile = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{model.profile}"
    if model.geography == GLOBAL:
        # A request that Bedrock sends on to another region is checked against an ARN without a region.
        return [profile, _foundation_model(Aws.REGION, model), _foundation_model("", model)]
    return [profile, *(_foundation_model(region, model) for region in REGIONS_OF_GEOGRAPHY[model.geography])]


def _foundation_model(region: str, model: BedrockModel) -> str:
    return f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{model.model}"
