"""A real `cdk bootstrap` and `cdk deploy` of the service into the emulated AWS, and what came of it."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from harness.emulator import Emulator
from harness.permissions import repeat_for_the_emulator
from harness.places import ACCOUNT, CDK, PROJECT_PYTHON, REGION, ROOT

from kaiseki.stores.dynamodb.record import iso, run_key

ADDRESS = "/kaiseki/e2e/api-url"  # the parameter in which clients look for the address
BUS = "kaiseki-e2e"
BUS_QUEUE = "e2e-ended-runs"


@dataclass(frozen=True)
class Deployment:
    api: str  # its address, without a slash at its end
    api_id: str
    bucket: str
    table: str  # of the records
    family: str  # of the task definition
    environment_active: int  # runs that may be at work at once
    principal_active: int  # and wait or work of one caller
    _ended_runs: dict[str, dict] = field(default_factory=dict)  # events of the bus that were read

    @property
    def invoke_arn(self) -> str:
        """Every call of the API, as policies name it."""
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api_id}/*"

    @contextmanager
    def task_environment(self, emulator: Emulator, **changed: str) -> Iterator[None]:
        """Another revision of the task definition meanwhile, as a deployment of changed settings registers it."""
        ecs = emulator.client("ecs")
        deployed = ecs.describe_task_definition(taskDefinition=self.family)["taskDefinition"]
        revision = {name: deployed[name] for name in _REGISTERED if name in deployed}
        (container,) = deployed["containerDefinitions"]
        # The emulator describes a health check in CloudFormation's case, which boto3 does not read.
        container.pop("healthCheck", None)
        given = {entry["name"]: entry["value"] for entry in container["environment"]} | changed
        entries = [{"name": name, "value": value} for name, value in given.items()]
        ecs.register_task_definition(**revision | {"containerDefinitions": [container | {"environment": entries}]})
        try:
            yield
        finally:
            ecs.register_task_definition(**revision)

    @contextmanager
    def endless_runs(self, emulator: Emulator) -> Iterator[None]:
        """A run that is launched meanwhile works until somebody ends it."""
        recording = emulator.folder / "endless.jsonl"
        step = "Wait\n\n```python\nimport time\nwhile True:\n    time.sleep(1)\n```\n"
        replies = [{"signature": "WriteStep", "order": n, "model": "nobody", "reply": step} for n in range(1, 6)]
        recording.write_text("\n".join(map(json.dumps, replies)) + "\n")
        with self.task_environment(emulator, KAISEKI_MODEL=f"recorded:{recording}"):
            yield

    @contextmanager
    def api_environment(self, emulator: Emulator, **changed: str) -> Iterator[None]:
        """Other settings of the API's function meanwhile."""
        functions = emulator.client("lambda")
        name = self._api_function(emulator)
        given = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": given | changed})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": given})

    def let_time_pass(self, emulator: Emulator, run_id: str, by: timedelta) -> None:
        """For one run: its record is as if nothing had changed and nobody had given a sign of life for so long."""
        emulator.client("dynamodb").update_item(
            TableName=self.table,
            Key={"pk": {"S": run_key(run_id)}},
            UpdateExpression="SET changed_at = :then, heartbeat_at = :then",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":then": {"S": iso(datetime.now(UTC) - by)}},
        )

    def stop_seconds(self, emulator: Emulator) -> float:
        """What ECS gives a task between SIGTERM and SIGKILL."""
        task = emulator.client("ecs").describe_task_definition(taskDefinition=self.family)["taskDefinition"]
        (container,) = task["containerDefinitions"]
        return float(container["stopTimeout"])

    def ended_runs(self, emulator: Emulator) -> dict[str, dict]:
        """The events that have come over the bus, by the id of their run."""
        sqs = emulator.client("sqs")
        url = sqs.get_queue_url(QueueName=BUS_QUEUE)["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                self._ended_runs[event["detail"]["run_id"]] = event
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self._ended_runs

    def metrics_of(self, emulator: Emulator, task: str) -> list[dict]:
        """The lines of the task's log in CloudWatch that CloudWatch reads metrics from."""
        logs = emulator.client("logs")
        (container,) = emulator.client("ecs").describe_task_definition(taskDefinition=self.family)["taskDefinition"][
            "containerDefinitions"
        ]
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task}"
        written = logs.get_log_events(logGroupName=options["awslogs-group"], logStreamName=stream, startFromHead=True)
        lines = [event["message"] for event in written["events"]]
        return [json.loads(line) for line in lines if line.startswith('{"_aws"')]

    def _api_function(self, emulator: Emulator) -> str:
        gateway = emulator.client("apigatewayv2")
        uris = {item["IntegrationUri"] for item in gateway.get_integrations(ApiId=self.api_id)["Items"]}
        (uri,) = uris
        return re.search(r"function:([^/:]+)", uri)[1]


_REGISTERED = (
    "family taskRoleArn executionRoleArn networkMode containerDefinitions volumes placementConstraints "
    "requiresCompatibilities cpu memory runtimePlatform ephemeralStorage"
).split()


def deployed_service(emulator: Emulator) -> Deployment:
    """Into an account that the CDK has not met; callers sign by SigV4."""
    _cdk(emulator, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    return _deployed(emulator)


def deployed_for_tokens(emulator: Emulator, issuer: str, audience: str) -> Deployment:
    """Once more, for callers who bring tokens."""
    return _deployed(emulator, issuer, audience)


def _deployed(emulator: Emulator, *tokens: str) -> Deployment:
    outputs_file = emulator.folder / "outputs.json"
    app = _synthesized(emulator, *tokens)
    _cdk(emulator, "deploy", "e2e/*", "--app", app, "--require-approval", "never", "--outputs-file", str(outputs_file))
    (outputs,) = json.loads(outputs_file.read_text()).values()
    api_id = re.search(r"//([^.]+)\.execute-api\.", outputs["ApiUrl"])[1]
    repeat_for_the_emulator(emulator)
    _collect_ended_runs(emulator)
    # The emulator's form for names that DNS does not know: the host of the real address is in its path.
    api = f"{emulator.url}/_aws/execute-api/{api_id}"
    emulator.client("ssm").put_parameter(Name=ADDRESS, Value=api, Overwrite=True)
    variables = _settings_of_launches(emulator)
    return Deployment(
        api=api,
        api_id=api_id,
        bucket=outputs["BucketName"],
        table=variables["KAISEKI_TABLE"],
        family=variables["KAISEKI_TASK_FAMILY"],
        environment_active=int(variables["KAISEKI_ENVIRONMENT_ACTIVE"]),
        principal_active=int(variables["KAISEKI_PRINCIPAL_ACTIVE"]),
    )


def destroy_service(emulator: Emulator) -> None:
    """Raises RuntimeError with the end of what the CDK wrote, where something stands in the way."""
    _cdk(emulator, "destroy", "e2e/*", "--app", str(emulator.folder / "cdk.out"), "--force")


def _synthesized(emulator: Emulator, *tokens: str) -> str:
    """The folder of the app's templates and assets: made as on any machine, by whatever means it installs packages."""
    outdir = str(emulator.folder / "cdk.out")
    command = [str(PROJECT_PYTHON), "-m", "infra.emulated", outdir, *tokens]
    # Its cache would have to be in a home of the caller's own, which a container's user may lack.
    environment = os.environ | {
        "JSII_NODE": emulator.environment["JSII_NODE"],
        "JSII_RUNTIME_PACKAGE_CACHE": "disabled",
    }
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if finished.returncode:
        raise RuntimeError(f"the app could not be synthesized:\n{finished.stderr[-4_000:]}")
    return outdir


def _cdk(emulator: Emulator, *arguments: str) -> None:
    """Raises RuntimeError with the end of what the CDK wrote."""
    finished = subprocess.run(
        ["node", str(CDK), *arguments],
        cwd=emulator.folder,  # where it may write what it remembers
        env=emulator.environment | {"CDK_DEFAULT_ACCOUNT": ACCOUNT, "CDK_DEFAULT_REGION": REGION},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(f"cdk {' '.join(arguments)} failed:\n{finished.stdout[-4_000:]}")


def _settings_of_launches(emulator: Emulator) -> dict[str, str]:
    """The environment of a function that launches tasks, as it was deployed."""
    for page in emulator.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if "KAISEKI_TASK_FAMILY" in variables:
                return dict(variables)
    raise RuntimeError("no function launches tasks")


def _collect_ended_runs(emulator: Emulator) -> None:
    """A subscriber of the bus, as somebody would add it who wants to know when runs end."""
    sqs, events = emulator.client("sqs"), emulator.client("events")
    url = sqs.create_queue(QueueName=BUS_QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["kaiseki"]})
    rule = events.put_rule(Name=BUS_QUEUE, EventBusName=BUS, EventPattern=pattern)["RuleArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=BUS_QUEUE, EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
