"""The CDK app: one stage per environment of infra/environments.py."""

import os
import sys

from aws_cdk import App
from infra.environments import ENVIRONMENTS, of_caller
from infra.flags import FLAGS
from infra.lambda_code import lambda_code
from infra.service_stack import ServiceStage

from kaiseki.errors import SettingError


def main() -> None:
    app = App(context=FLAGS)
    try:
        for environment in ENVIRONMENTS:
            ServiceStage(app, of_caller(environment, os.environ), lambda_code(environment.functions.architecture))
    except SettingError as error:
        print(f"kaiseki: {error.message}: {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
    app.synth()


if __name__ == "__main__":
    main()
