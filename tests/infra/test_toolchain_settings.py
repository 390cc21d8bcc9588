"""A toolchain that cannot work is refused with one line, before anything is synthesized."""

import dataclasses
from collections.abc import Callable

import pytest

from infra.environments import ENVIRONMENTS, TOOLCHAIN, Environment, of_caller
from infra.promotion import promoted
from infra.settings_task import ImageUri, Runner, ToolchainImage
from infra.settings_toolchain import GitHub, Toolchain
from kaiseki.errors import SettingError

CONNECTION = "arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef"


def among(*environments: Environment, toolchain: Toolchain | None = None) -> Callable[[], object]:
    named = toolchain or Toolchain(environments=tuple(one.name for one in environments), approvals=())
    return lambda: promoted(named, environments)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: GitHub("github", "owner/name"), "'github' is no connection"),
        (lambda: GitHub(CONNECTION, "https://github.com/owner/name"), "is no repository of GitHub"),
        (lambda: GitHub(CONNECTION, "owner/name", ""), "'' is no branch"),
        (lambda: Toolchain(environments=()), "promotes to no environment"),
        (lambda: Toolchain(environments=("dev", "dev"), approvals=()), "promoted to twice"),
        (lambda: Toolchain(environments=("dev",)), "'prod' is approved but never promoted to"),
        (lambda: Toolchain(images="Kaiseki"), "'Kaiseki' is no repository of ECR"),
        (lambda: Toolchain(images_kept=0), "0 images are kept"),
        (lambda: Toolchain(promoted_kept=1), "1 promoted images are kept"),
        (lambda: Toolchain(source=GitHub(CONNECTION, "o/n"), emails=("nobody",)), "'nobody' is no mail address"),
        (lambda: Toolchain(emails=("a@example.com",)), "nobody is told of what is started by hand"),
        (lambda: Toolchain(log_days=42), "CloudWatch cannot keep logs 42 days"),
        (among(Environment("dev"), toolchain=Toolchain()), "promotes to 'staging', which is no environment"),
        (among(Environment("dev", image=ImageUri("kaiseki:1"))), "dev runs another image than the toolchain's"),
        (among(Environment("dev", image=ToolchainImage("other"))), "dev runs another image than the toolchain's"),
        (among(Environment("dev", account="111122223333")), "another account or region than the toolchain"),
        (among(Environment("dev", region="us-west-2")), "another account or region than the toolchain"),
        (
            among(Environment("dev"), Environment("qa", runner=Runner(architecture="X86_64"))),
            "qa runs on X86_64, dev on ARM64, by one image",
        ),
    ],
)
def test_nonsense_is_refused_in_one_line_that_says_how_to_mend_it(made: Callable[[], object], says: str) -> None:
    with pytest.raises(SettingError) as refused:
        made()
    assert says in refused.value.message
    assert refused.value.hint
    assert "\n" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("service", ["codeconnections", "codestar-connections"])
def test_a_connection_may_bear_either_name_of_its_service(service: str) -> None:
    assert GitHub(CONNECTION.replace("codeconnections", service), "owner/name").branch == "main"


def test_an_image_goes_to_the_environments_in_the_toolchains_order() -> None:
    order = Toolchain(environments=("prod", "dev"), approvals=())
    assert [environment.name for environment in promoted(order, ENVIRONMENTS)] == ["prod", "dev"]


def test_an_environment_that_the_toolchain_does_not_name_may_lie_anywhere() -> None:
    elsewhere = Environment("eu", region="eu-central-1", model="bedrock/eu.anthropic.claude-sonnet-5")
    assert len(promoted(Toolchain(), (*ENVIRONMENTS, elsewhere))) == 3


def test_the_toolchain_lies_where_the_cli_is_as_the_environments_do() -> None:
    of_cli = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "us-west-2"}
    here = of_caller(TOOLCHAIN, of_cli)
    assert (here.account, here.region) == ("111122223333", "us-west-2")
    assert len(promoted(here, [of_caller(environment, of_cli) for environment in ENVIRONMENTS])) == 3


def test_the_toolchain_as_it_stands_needs_no_connection_and_lets_nothing_into_prod_unasked() -> None:
    assert TOOLCHAIN.source is None
    assert TOOLCHAIN.approvals == ("prod",)


def test_settings_cannot_be_changed_once_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOOLCHAIN.images = "other"  # type: ignore[misc]
