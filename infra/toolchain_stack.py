"""What makes the image and brings it to the environments. It is deployed before them, and by a person:

    cdk deploy toolchain

With a GitHub connection (`TOOLCHAIN` in environments.py) this starts the pipeline's first run, which tests the source,
builds the image, and for each environment writes its digest into /kaiseki/<environment>/image-digest and deploys it.

Without one there are the registry and a build, which takes the checkout that the stack was deployed from:

    aws codebuild start-build --project-name kaiseki-image
    cdk deploy 'dev/*'

The build writes the digest for the first environment; for others, by the same image:

    aws codebuild start-build --project-name kaiseki-image \\
      --environment-variables-override 'name=PROMOTE_TO,value="staging prod"'

When the checkout has changed, `cdk deploy toolchain` again brings the new one. Either way the registry outlives the
stack; to make the stack anew, delete the registry first or import it (`cdk import toolchain`).
"""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CfnOutput, IgnoreMode, RemovalPolicy, Stack, Tags
from aws_cdk import Environment as Place
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra import buildspecs
from infra.acknowledged import acknowledge
from infra.builds import Build, Machine
from infra.environments import Environment
from infra.image_repository import ImageRepository
from infra.permissions import Statements, allow
from infra.pipeline import NAME, Pipeline
from infra.promotion import promoted
from infra.settings_toolchain import Toolchain

ROOT = Path(__file__).parents[1]
# As .dockerignore has it.
INPUT_OF_IMAGE = ["*", "!.dockerignore", "!container", "!container/**", "!requirements", "!requirements/**"]
COMPILED = ["**/__pycache__"]
ANY_REPOSITORY = "ecr:GetAuthorizationToken takes no resource; all else is on this repository alone"


class ToolchainStack(Stack):
    """The `images`, and either the `pipeline` or a build that is started by hand. Raises SettingError."""

    def __init__(
        self, scope: Construct, name: str, settings: Toolchain, environments: Sequence[Environment], root: Path = ROOT
    ) -> None:
        place = Place(account=settings.account, region=settings.region)
        super().__init__(
            scope,
            name,
            stack_name="kaiseki-toolchain",
            description="Kaiseki, toolchain: builds the image and brings it to the environments",
            env=place,
        )
        targets = promoted(settings, environments)
        key = _key(self) if settings.own_key else None
        machine = Machine(targets[0].runner.architecture, settings.log_days, key)
        self.images = ImageRepository(self, "Images", settings, key)
        repository = self.images.repository
        variables = {"REPOSITORY": repository.repository_name, "REPOSITORY_URI": repository.repository_uri}
        self.pipeline: Pipeline | None = None
        if settings.source is None:
            image = _by_hand(self, settings, machine, self.images, variables, root)
        else:
            self.pipeline = Pipeline(self, "Pipeline", settings, settings.source, machine, self.images, variables)
            image = self.pipeline.image
        acknowledge(image.role, "AwsSolutions-IAM5[Resource::*]", ANY_REPOSITORY)
        CfnOutput(self, "RepositoryUri", value=repository.repository_uri)
        CfnOutput(self, "ImageBuild", value=image.project.project_name)
        Tags.of(self).add("app", "kaiseki")
        Tags.of(self).add("environment", "toolchain")


def _by_hand(
    scope: Construct,
    settings: Toolchain,
    machine: Machine,
    images: ImageRepository,
    variables: dict[str, str],
    root: Path,
) -> Build:
    checkout = s3_assets.Asset(
        scope,
        "Checkout",
        path=str(root),
        exclude=[*INPUT_OF_IMAGE, *COMPILED],
        ignore_mode=IgnoreMode.GIT,
        display_name="image",
    )
    permissions = [*_reading(checkout), *images.pushing(), *images.promoting(settings.environments)]
    here = {"IMAGE_TAG": f"checkout-{checkout.asset_hash[:12]}", "PROMOTE_TO": settings.environments[0]}
    return Build(
        scope,
        "Image",
        machine,
        f"{NAME}-image",
        buildspecs.image_by_hand(),
        permissions,
        {**variables, **here},
        source=checkout,
        docker=True,
    )


def _reading(checkout: s3_assets.Asset) -> Statements:
    bucket = checkout.bucket.bucket_arn
    return [
        allow(["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket}/{checkout.s3_object_key}"]),
        allow(["s3:GetBucketAcl", "s3:GetBucketLocation"], [bucket]),
    ]


def _key(scope: Construct) -> kms.Key:
    return kms.Key(
        scope,
        "Key",
        description="Images and artifacts of the toolchain",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
