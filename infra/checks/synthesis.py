"""The app's templates as cdk-nag sees them, with the toolchain in both its forms."""

from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from infra.environments import ENVIRONMENTS, TOOLCHAIN
from infra.flags import FLAGS
from infra.service_stack import ServiceStage
from infra.settings_toolchain import GitHub, Toolchain
from infra.toolchain_stack import ToolchainStack

# Nobody's connection: what is checked is the form of the stack.
CONNECTED = Toolchain(
    source=GitHub(
        "arn:aws:codeconnections:us-east-1:111122223333:connection/00000000-0000-0000-0000-000000000000", "owner/name"
    ),
    own_key=True,
    emails=("somebody@example.com",),
)
NOTHING = "def handler(event, context): ..."


def synthesize(outdir: Path) -> None:
    """Writes the assembly. Raises RuntimeError, after a list of what was found on stderr, if cdk-nag finds anything."""
    app = App(context=FLAGS, outdir=str(outdir))
    for environment in ENVIRONMENTS:
        ServiceStage(app, environment, lambda_.Code.from_inline(NOTHING))
    ToolchainStack(app, "toolchain", TOOLCHAIN, ENVIRONMENTS)
    ToolchainStack(app, "toolchain-connected", CONNECTED, ENVIRONMENTS)
    heed_rules(app)
    app.synth()


def heed_rules(app: App) -> None:
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
