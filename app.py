"""The CDK app: the toolchain, and one stage per environment, all of infra/environments.py."""

import os
import sys
from collections.abc import Mapping

from aws_cdk import App

from infra.environments import ENVIRONMENTS, TOOLCHAIN, of_caller
from infra.flags import FLAGS
from infra.lambda_code import lambda_code
from infra.service_stack import ServiceStage
from infra.toolchain_stack import ToolchainStack
from kaiseki.errors import SettingError


def kaiseki_app(variables: Mapping[str, str], outdir: str | None = None) -> App:
    """Raises SettingError."""
    app = App(context=FLAGS, outdir=outdir)
    environments = [of_caller(environment, variables) for environment in ENVIRONMENTS]
    ToolchainStack(app, "toolchain", of_caller(TOOLCHAIN, variables), environments)
    for environment in environments:
        ServiceStage(app, environment, lambda_code(environment.functions.architecture))
    return app


def main() -> None:
    try:
        app = kaiseki_app(os.environ)
    except SettingError as error:
        print(f"kaiseki: {error.message}: {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
    app.synth()


if __name__ == "__main__":
    main()
