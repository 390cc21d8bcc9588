"""The registry of the image: what was pushed is never changed, and what an environment runs is not cleaned away."""

from collections.abc import Sequence

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.permissions import Statements, allow
from infra.settings_toolchain import Toolchain

PUSHING = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


class ImageRepository(Construct):
    """`repository`, which stays when the stack goes: tasks pull from it at each start."""

    def __init__(self, scope: Construct, name: str, settings: Toolchain, key: kms.IKey | None) -> None:
        super().__init__(scope, name)
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=settings.images,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            encryption=ecr.RepositoryEncryption.KMS if key else ecr.RepositoryEncryption.AES_256,
            encryption_key=key,
            lifecycle_rules=_kept(settings),
            removal_policy=RemovalPolicy.RETAIN,
        )

    def pushing(self) -> Statements:
        return [allow(["ecr:GetAuthorizationToken"], ["*"]), allow(PUSHING, [self.repository.repository_arn])]

    def promoting(self, environments: Sequence[str]) -> Statements:
        """To give an image that is there one more tag, and to write its digest for these environments."""
        parameters = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter/kaiseki"
        return [
            allow(["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:PutImage"], [self.repository.repository_arn]),
            allow(["ssm:PutParameter"], [f"{parameters}/{environment}/image-digest" for environment in environments]),
        ]


def _kept(settings: Toolchain) -> list[ecr.LifecycleRule]:
    """Promotion tags an image `<environment>-<tag>`: no rule cleans away what matches the tags of a rule before it."""
    promoted = [
        ecr.LifecycleRule(
            rule_priority=number,
            description=f"The last images of {environment}",
            tag_prefix_list=[f"{environment}-"],
            max_image_count=settings.promoted_kept,
        )
        for number, environment in enumerate(settings.environments, start=1)
    ]
    rest = ecr.LifecycleRule(
        rule_priority=len(promoted) + 1, description="The last images", max_image_count=settings.images_kept
    )
    return [*promoted, rest]


def trusted_of_this_account(service: str) -> iam.IPrincipal:
    return iam.ServicePrincipal(service).with_conditions({"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
