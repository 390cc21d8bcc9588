"""One environment of the service, wired: what each part is stands in its own file."""

from aws_cdk import CfnOutput, Fn, Stack, Stage, Tags
from aws_cdk import Environment as Place
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import permissions
from infra.api import Api
from infra.bedrock import PREFIX
from infra.environments import Environment
from infra.functions import Package
from infra.launching import Launcher, LaunchQueue, Reconciler, TaskEvents
from infra.monitoring import Monitoring
from infra.network import Network
from infra.run_events import RunEvents
from infra.runner import CONTAINER, Runner
from infra.settings import Jwt
from infra.storage import Storage
from infra.warehouse import add_warehouse, interface_endpoints, limited_to, usual_rows

ZONES = 3


class ServiceStage(Stage):
    """`<environment>/service`, so that `cdk deploy 'prod/*'` deploys it."""

    def __init__(self, scope: Construct, environment: Environment, code: lambda_.Code) -> None:
        place = Place(account=environment.account, region=environment.region)
        super().__init__(scope, environment.name, env=place)
        self.service = ServiceStack(self, "service", environment, code)


class ServiceStack(Stack):
    def __init__(self, scope: Construct, name: str, environment: Environment, code: lambda_.Code) -> None:
        super().__init__(
            scope,
            name,
            stack_name=f"kaiseki-{environment.name}",
            description=f"Kaiseki, {environment.name}: answers questions about an Amazon Redshift warehouse",
            termination_protection=environment.protected,
        )
        zones = [Fn.select(zone, Fn.get_azs()) for zone in range(ZONES)]
        network = Network(
            self, "Network", environment.network, environment.monitoring, zones, _interface_endpoints(environment)
        )
        storage = Storage(self, "Storage", environment.storage, environment.protected)
        run_events = RunEvents(self, "RunEvents", environment.name)
        runner = Runner(self, "Runner", environment, network, storage)
        runner.container.add_environment("KAISEKI_EVENT_BUS", run_events.bus.event_bus_name)
        runner.task.add_to_policy(run_events.telling())
        add_warehouse(self, environment, network, storage, runner)
        launch_queue = LaunchQueue(self, "LaunchQueue")

        package = Package(
            code=code,
            settings=environment.functions,
            environment=_settings_of_functions(environment, storage, runner, network, launch_queue, run_events),
            log_days=environment.monitoring.log_days,
        )
        cluster = runner.cluster.cluster_arn
        starting = permissions.starting_tasks(environment.family, cluster, [runner.task, runner.execution])
        moving, telling = permissions.moving_runs(storage), run_events.telling()
        looking = [permissions.finding_live_runs(storage), permissions.looking_at_tasks(cluster)]

        api = Api(self, "Api", environment.api, package, [*permissions.accepting_runs(storage), *starting, telling])
        launcher = Launcher(self, "Launcher", package, launch_queue, [*moving, *starting, telling])
        task_events = TaskEvents(self, "TaskEvents", package, runner, [*moving, telling])
        reconciler = Reconciler(self, "Reconciler", package, [*moving, *starting, *looking, telling])
        functions = [api.function, launcher.function, task_events.function, reconciler.function]
        for function in functions:
            function.add_to_role_policy(permissions.allow(["sqs:SendMessage"], [launch_queue.queue.queue_arn]))
        Monitoring(self, "Monitoring", environment, api, launch_queue, task_events, functions)

        self._publish(environment, api, storage)
        Tags.of(self).add("app", "kaiseki")
        Tags.of(self).add("environment", environment.name)

    def _publish(self, environment: Environment, api: Api, storage: Storage) -> None:
        CfnOutput(self, "ApiUrl", value=api.url)
        CfnOutput(self, "BucketName", value=storage.bucket.bucket_name)
        CfnOutput(self, "TableName", value=storage.table.table_name)
        ssm.StringParameter(
            self, "ApiUrlParameter", parameter_name=f"/kaiseki/{environment.name}/api-url", string_value=api.url
        )


def _settings_of_functions(
    environment: Environment,
    storage: Storage,
    runner: Runner,
    network: Network,
    launch_queue: LaunchQueue,
    run_events: RunEvents,
) -> dict[str, str]:
    limits, callers = environment.limits, environment.api.callers
    claim = callers.schemas_claim if isinstance(callers, Jwt) else None
    return {
        **limited_to(environment.schemas),
        **({"KAISEKI_SCHEMAS_CLAIM": claim} if claim else {}),
        "KAISEKI_BUCKET": storage.bucket.bucket_name,
        "KAISEKI_CAPACITY": environment.runner.capacity,
        "KAISEKI_CLUSTER": runner.cluster.cluster_arn,
        "KAISEKI_CONTAINER": CONTAINER,
        "KAISEKI_ENVIRONMENT": environment.name,
        "KAISEKI_ENVIRONMENT_ACTIVE": str(limits.environment_active),
        "KAISEKI_ENVIRONMENT_USD": str(limits.environment_usd_per_day),
        "KAISEKI_EVENT_BUS": run_events.bus.event_bus_name,
        "KAISEKI_LINK_SECONDS": str(environment.api.link_seconds),
        "KAISEKI_OWNER": environment.owner,
        "KAISEKI_PRINCIPAL_ACTIVE": str(limits.principal_active),
        "KAISEKI_PRINCIPAL_USD": str(limits.principal_usd_per_day),
        "KAISEKI_QUEUE_TIMEOUT": str(limits.queue_seconds),
        "KAISEKI_QUEUE_URL": launch_queue.queue.queue_url,
        "KAISEKI_SECURITY_GROUPS": network.tasks.security_group_id,
        "KAISEKI_STALE_AFTER": str(limits.stale_seconds),
        "KAISEKI_START_TIMEOUT": str(limits.start_seconds),
        "KAISEKI_SUBNETS": Fn.join(",", network.subnet_ids),
        "KAISEKI_TABLE": storage.table.table_name,
        "KAISEKI_TASK_FAMILY": environment.family,
        **usual_rows(environment.warehouse),
        **{f"KAISEKI_MAX_{name.upper()}": str(most) for name, most in vars(environment.per_run).items()},
    }


def _interface_endpoints(environment: Environment) -> list[str]:
    """What a task calls: the image's registry, logs, the bus, and as settings have it the model and the warehouse."""
    model = ("bedrock-runtime",) if environment.model.startswith(PREFIX) else ()
    return ["ecr.api", "ecr.dkr", "logs", "events", *model, *interface_endpoints(environment.warehouse)]
