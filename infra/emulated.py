"""The service for an emulated AWS: settings of a trial, functions packed for this machine, and one Aspect that takes
out what the emulator does not know. `make e2e` deploys it; see tests/e2e/service/README.md.
"""

import platform
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import jsii
from aws_cdk import App, Aspects, CfnResource, IAspect
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from infra.environments import Environment
from infra.flags import FLAGS
from infra.lambda_asset import build_lambda_asset
from infra.service_stack import ServiceStage
from infra.settings import Api, Functions, Jwt, Limits
from infra.settings_task import ImageUri, Runner
from infra.settings_warehouse import ImageFolder

ARM = platform.machine() in ("aarch64", "arm64")
EMULATED = Environment(
    "e2e",
    model="offline",
    functions=Functions(architecture="arm64" if ARM else "x86_64"),
    limits=Limits(principal_active=5, environment_active=8),
    runner=Runner(architecture="ARM64" if ARM else "X86_64"),
    image=ImageUri("kaiseki:of-this-machine"),
    warehouse=ImageFolder(str(Path("input").resolve())),
)
# Types of resources for which the emulator refuses a whole template.
UNKNOWN_TO_THE_EMULATOR = frozenset(
    {
        "AWS::CloudWatch::Alarm",  # those over several metrics
        "AWS::EC2::FlowLog",
        "AWS::ECS::ClusterCapacityProviderAssociations",
    }
)


@jsii.implements(IAspect)
class WithoutTheUnknown:
    """Takes each resource of an unknown type out of the tree, before anything refers to it."""

    def visit(self, node: IConstruct) -> None:
        if CfnResource.is_cfn_resource(node) and node.cfn_resource_type in UNKNOWN_TO_THE_EMULATOR:  # type: ignore[attr-defined]
            scope = node.node.scope
            assert scope is not None
            scope.node.try_remove_child(node.node.id)


def emulated_app(code: lambda_.Code, outdir: str | None = None, environment: Environment = EMULATED) -> App:
    app = App(context=FLAGS, outdir=outdir)
    stage = ServiceStage(app, environment, code)
    Aspects.of(stage).add(WithoutTheUnknown())
    return app


def main(outdir: str, issuer: str = "", audience: str = "") -> None:
    """`issuer`: callers bring its tokens for `audience`, which say what they may read; "": they sign by SigV4."""
    callers = Jwt(issuer, (audience,), schemas_claim="schemas") if issuer else EMULATED.api.callers
    environment = replace(EMULATED, api=Api(callers=callers), schemas=("public",) if issuer else None)
    with tempfile.TemporaryDirectory() as folder:
        # The emulator runs functions with this machine's Python.
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        build_lambda_asset(Path(folder), EMULATED.functions.architecture, python)
        emulated_app(lambda_.Code.from_asset(folder), outdir, environment).synth()


if __name__ == "__main__":
    main(*sys.argv[1:])
