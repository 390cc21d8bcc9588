"""From a push to prod: tests, one image, and that image's digest to each environment in turn."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as steps
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import buildspecs
from infra.acknowledged import acknowledge, acknowledge_resources
from infra.builds import Build, Machine
from infra.closed_bucket import ClosedBucket
from infra.image_repository import ImageRepository, trusted_of_this_account
from infra.permissions import Statements, allow
from infra.settings_toolchain import GitHub, Toolchain

NAME = "kaiseki"
# Roles that `cdk bootstrap` has made, by which the CDK's command line does all that it does.
BOOTSTRAP_ROLES = ("deploy", "file-publishing", "lookup")
IN_ARTIFACTS = "Objects of the pipeline's own bucket, whose names CodePipeline makes up"


class Pipeline(Construct):
    """`pipeline`, the topic `news` for failures and approvals, and the `builds` by name.

    The first deployment starts the first run, which builds an image and writes its digest for an environment just
    before that environment is deployed: the service's stack cannot be deployed while there is no digest for it.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        settings: Toolchain,
        source: GitHub,
        machine: Machine,
        images: ImageRepository,
        image_variables: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self.artifacts = _bucket(self, machine.key)
        self.news = _topic(self, settings.emails)
        reading = _reading(self.artifacts, machine.key)
        self.tests = Build(self, "Tests", machine, f"{NAME}-tests", buildspecs.project_tests(), reading)
        self.image = Build(
            self,
            "Image",
            machine,
            f"{NAME}-image",
            buildspecs.image(),
            [*reading, *images.pushing()],
            image_variables,
            docker=True,
        )
        self.deployments = {
            environment: Build(
                self,
                f"Deploy-{environment}",
                machine,
                f"{NAME}-deploy-{environment}",
                buildspecs.deployment(),
                [*reading, *images.promoting([environment]), _bootstrap_roles()],
                {**image_variables, "PROMOTE_TO": environment},
            )
            for environment in settings.environments
        }
        self.role = _role(self, source, self.artifacts, self.news, self.builds, machine.key)
        self.pipeline = codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name=NAME,
            pipeline_type=codepipeline.PipelineType.V2,
            role=self.role.without_policy_updates(),
            use_pipeline_role_for_actions=True,
            artifact_bucket=self.artifacts,
            cross_account_keys=False,
            stages=_stages(settings, source, self.tests, self.image, self.deployments, self.news),
        )
        self.pipeline.node.add_dependency(self.role)  # with its policy: a pipeline starts when it is made
        for build in self.builds:
            acknowledge_resources(build.role, IN_ARTIFACTS, self.artifacts.arn_for_objects("*"))
        _tell_failures(self.pipeline, self.news)

    @property
    def builds(self) -> list[Build]:
        return [self.tests, self.image, *self.deployments.values()]


def _stages(
    settings: Toolchain,
    source: GitHub,
    tests: Build,
    image: Build,
    deployments: Mapping[str, Build],
    news: sns.ITopic,
) -> list[codepipeline.StageProps]:
    files = codepipeline.Artifact("Source")
    owner, repository = source.repository.split("/")
    fetch = steps.CodeStarConnectionsSourceAction(
        action_name="GitHub",
        connection_arn=source.connection_arn,
        owner=owner,
        repo=repository,
        branch=source.branch,
        output=files,
        trigger_on_push=True,
    )
    tag = {"IMAGE_TAG": codebuild.BuildEnvironmentVariable(value=fetch.variables.commit_id)}
    check = steps.CodeBuildAction(action_name="Check", project=tests.project, input=files)
    build = steps.CodeBuildAction(
        action_name="Build", project=image.project, input=files, environment_variables=tag, variables_namespace="Image"
    )
    built = {**tag, "DIGEST": codebuild.BuildEnvironmentVariable(value=build.variable("DIGEST"))}
    stages = [
        codepipeline.StageProps(stage_name=name, actions=[action])
        for name, action in (("Source", fetch), ("Tests", check), ("Image", build))
    ]
    for environment in settings.environments:
        actions: list[codepipeline.IAction] = []
        if environment in settings.approvals:
            told = f"Let this image into {environment}? It runs in the environments before."
            actions.append(
                steps.ManualApprovalAction(action_name="Approve", notification_topic=news, additional_information=told)
            )
        deploy = steps.CodeBuildAction(
            action_name="Deploy",
            project=deployments[environment].project,
            input=files,
            environment_variables=built,
            run_order=len(actions) + 1,
        )
        stages.append(codepipeline.StageProps(stage_name=environment.capitalize(), actions=[*actions, deploy]))
    return stages


def _role(
    scope: Construct,
    source: GitHub,
    artifacts: s3.IBucket,
    news: sns.ITopic,
    builds: Sequence[Build],
    key: kms.IKey | None,
) -> iam.Role:
    role = iam.Role(scope, "Role", assumed_by=trusted_of_this_account("codepipeline.amazonaws.com"))
    objects = artifacts.arn_for_objects("*")
    # Both names of the service are in use: the action's and the connection's own.
    connecting = ["codeconnections:UseConnection", "codestar-connections:UseConnection"]
    for statement in (
        allow(connecting, [source.connection_arn]),
        allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], [artifacts.bucket_arn]),
        allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"], [objects]),
        allow(["codebuild:BatchGetBuilds", "codebuild:StartBuild"], [build.project.project_arn for build in builds]),
        allow(["sns:Publish"], [news.topic_arn]),
        *_use_of(key),
    ):
        role.add_to_policy(statement)
    acknowledge_resources(role, IN_ARTIFACTS, objects)
    return role


def _reading(artifacts: s3.IBucket, key: kms.IKey | None) -> Statements:
    return [
        allow(["s3:GetBucketAcl", "s3:GetBucketLocation"], [artifacts.bucket_arn]),
        allow(["s3:GetObject", "s3:GetObjectVersion"], [artifacts.arn_for_objects("*")]),
        *_use_of(key),
    ]


def _use_of(key: kms.IKey | None) -> Statements:
    return [allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], [key.key_arn])] if key else []


def _bootstrap_roles() -> iam.PolicyStatement:
    roles = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/cdk-hnb659fds"
    return allow(["sts:AssumeRole"], [f"{roles}-{role}-role-{Aws.ACCOUNT_ID}-{Aws.REGION}" for role in BOOTSTRAP_ROLES])


def _bucket(scope: Construct, key: kms.IKey | None) -> s3.Bucket:
    rule = s3.LifecycleRule(
        id="old",
        expiration=Duration.days(30),
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
    bucket = ClosedBucket(scope, "Artifacts", [rule], RemovalPolicy.DESTROY, key)
    acknowledge(bucket, "AwsSolutions-S1", "It holds copies of the source for a month; only the pipeline reads them")
    return bucket


def _topic(scope: Construct, emails: Sequence[str]) -> sns.Topic:
    topic = sns.Topic(scope, "News", display_name="Kaiseki toolchain: failures and approvals", enforce_ssl=True)
    for email in emails:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic


def _tell_failures(pipeline: codepipeline.Pipeline, news: sns.ITopic) -> None:
    run = events.EventField.from_path("$.detail.execution-id")
    pipeline.on_state_change(
        "Failed",
        event_pattern=events.EventPattern(detail={"state": ["FAILED"]}),
        target=targets.SnsTopic(
            news, message=events.RuleTargetInput.from_text(f"The pipeline {NAME} failed, in its run {run}.")
        ),
    )
