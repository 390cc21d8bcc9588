"""What runs a request: a cluster, the definition of its task, and the task's two roles."""

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import permissions
from infra.acknowledged import acknowledge, acknowledge_resources
from infra.environments import Environment
from infra.log_group import LogGroup
from infra.network import Network
from infra.settings_task import ToolchainImage
from infra.storage import KNOWLEDGE, Storage

CONTAINER = "kaiseki"
RESULTS = "/workspace/results"
# Fargate adds no capability but SYS_PTRACE, so what the entry point does not need of the default ones is named here.
# It keeps SETUID, SETGID and KILL.
DROPPED = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETPCAP",
    "SYS_CHROOT",
)


class Runner(Construct):
    """`cluster`, `definition`, its `container`, and the roles `task` (the program's) and `execution` (ECS's own)."""

    def __init__(
        self, scope: Construct, name: str, environment: Environment, network: Network, storage: Storage
    ) -> None:
        super().__init__(scope, name)
        settings = environment.runner
        insights = ecs.ContainerInsights.ENABLED if settings.container_insights else ecs.ContainerInsights.DISABLED
        self.cluster = ecs.Cluster(self, "Cluster", vpc=network.vpc, container_insights_v2=insights)
        _Capacity(self, "Capacity", self.cluster)
        tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com").with_conditions(
            {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        )
        self.execution = iam.Role(self, "Execution", assumed_by=tasks, description="Pulls the image, writes the logs")
        self.task = iam.Role(self, "Task", assumed_by=tasks, description="The program of a run")
        for statement in (*permissions.doing_a_run(storage), *permissions.asking(environment.model)):
            self.task.add_to_policy(statement)
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            family=environment.family,
            cpu=settings.cpu,
            memory_limit_mib=settings.memory_mb,
            ephemeral_storage_gib=settings.disk_gib,
            execution_role=self.execution,
            task_role=self.task,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.of(settings.architecture),
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.image = _image(self, environment, self.execution)
        self.logs = LogGroup(self, "Logs", environment.monitoring.log_days)
        self.container = self._program(environment, storage)
        self._acknowledge(environment)

    def add_container(
        self,
        name: str,
        environment: dict[str, str],
        essential: bool = True,
        entry_point: list[str] | None = None,
        health_check: ecs.HealthCheck | None = None,
        tmpfs: ecs.Tmpfs | None = None,
    ) -> ecs.ContainerDefinition:
        """A container of the image, read-only, with no capabilities but those that the entry point needs."""
        # The entry point is the init process itself; the health check looks for its children below process 1.
        linux = ecs.LinuxParameters(self, f"{name}-linux", init_process_enabled=False)
        linux.drop_capabilities(*(ecs.Capability[capability] for capability in DROPPED))
        if tmpfs is not None:
            linux.add_tmpfs(tmpfs)
        return self.definition.add_container(
            name,
            image=self.image,
            entry_point=entry_point,
            environment=environment,
            essential=essential,
            health_check=health_check,
            linux_parameters=linux,
            logging=ecs.LogDriver.aws_logs(
                stream_prefix="run",
                log_group=self.logs,
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
                max_buffer_size=Size.mebibytes(25),
            ),
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(120),
        )

    def _program(self, environment: Environment, storage: Storage) -> ecs.ContainerDefinition:
        container = self.add_container(
            CONTAINER,
            environment={
                "KAISEKI_ENVIRONMENT": environment.name,
                "KAISEKI_KNOWLEDGE": f"s3://{storage.bucket.bucket_name}/{KNOWLEDGE.rstrip('/')}",
                "KAISEKI_MODEL": environment.model,
                "KAISEKI_RECORDS": f"dynamodb:{storage.table.table_name}",
                "KAISEKI_REGION": Aws.REGION,
                "KAISEKI_SANDBOX_MEMORY_MB": str(environment.runner.session_mb),
                "KAISEKI_STORE": f"s3://{storage.bucket.bucket_name}",
                "KAISEKI_WORKSPACE": RESULTS,
            },
            health_check=ecs.HealthCheck(
                command=["CMD", "/opt/venv/bin/python", "-I", "/opt/entrypoint.py", "--healthy"],
                interval=Duration.seconds(30),
                timeout=Duration.seconds(5),
                start_period=Duration.seconds(20),
            ),
            # Without a mode of its own it takes that of the image's folder, which everybody may write to.
            tmpfs=ecs.Tmpfs(
                container_path="/tmp",  # noqa: S108  # of the container
                size=environment.runner.scratch_mb,
                mount_options=[ecs.TmpfsMountOption.NODEV, ecs.TmpfsMountOption.NOSUID],
            ),
        )
        self.definition.add_volume(name="results")
        container.add_mount_points(ecs.MountPoint(container_path=RESULTS, source_volume="results", read_only=False))
        return container

    def _acknowledge(self, environment: Environment) -> None:
        if not environment.runner.container_insights:
            acknowledge(self.cluster, "AwsSolutions-ECS4", "A setting, for its price; runs have metrics of their own")
        acknowledge(self.definition, "AwsSolutions-ECS2", "Variables name places; none of them is a secret")
        unnamed = "ecr:GetAuthorizationToken takes no resource; the image is of one repository"
        acknowledge(self.execution, "AwsSolutions-IAM5[Resource::*]", unnamed)
        stack, cluster = Stack.of(self), self.cluster.cluster_arn
        acknowledge_resources(
            stack, "The newest revision of one family is started", f"{permissions.definitions_of(environment.family)}:*"
        )
        acknowledge_resources(stack, "Tasks of one cluster get names by ECS", permissions.tasks_of(cluster))


class _Capacity(Construct):
    """Lets tasks of the cluster run on Fargate, on demand or spot, as each RunTask says."""

    def __init__(self, scope: Construct, name: str, cluster: ecs.Cluster) -> None:
        super().__init__(scope, name)
        ecs.CfnClusterCapacityProviderAssociations(
            self,
            "Providers",
            cluster=cluster.cluster_name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategy=[],
        )


def _image(scope: Construct, environment: Environment, execution: iam.Role) -> ecs.ContainerImage:
    settings = environment.image
    # Pulling takes an authorization token of the whole registry: of that AWS has no narrower resource than a star.
    if isinstance(settings, ToolchainImage):
        digest = ssm.StringParameter.value_for_string_parameter(scope, f"/kaiseki/{environment.name}/image-digest")
        repository = ecr.Repository.from_repository_name(scope, "Repository", settings.repository)
        repository.grant_pull(execution)
        return ecs.ContainerImage.from_registry(f"{repository.repository_uri}@{digest}")
    if settings.repository_arn is not None:
        ecr.Repository.from_repository_arn(scope, "Repository", settings.repository_arn).grant_pull(execution)
    return ecs.ContainerImage.from_registry(settings.uri)
