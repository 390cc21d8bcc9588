"""A custom resource of CloudFormation: runs SQL as the warehouse's administrator, in one transaction."""

import json
import time
import urllib.request
from typing import Any

import boto3

POLL_SECONDS = 2


class StatementFailed(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> None:
    """Always answers, or CloudFormation would wait an hour. Tables that were written stay when the resource goes."""
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "warehouse-statements",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if event["RequestType"] != "Delete":
            apply(event["ResourceProperties"], boto3.client("redshift-data"), boto3.client("redshift-serverless"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the deployment fails with it
        answer |= {"Status": "FAILED", "Reason": f"{error} (log stream {context.log_stream_name})"[:3_000]}
    print(json.dumps(answer))
    _send(event["ResponseURL"], answer)


def apply(properties: dict[str, Any], data: Any, serverless: Any) -> None:
    """Raises StatementFailed with what Redshift said."""
    namespace = serverless.get_namespace(namespaceName=properties["Namespace"])["namespace"]
    target = {
        "WorkgroupName": properties["Workgroup"],
        "Database": properties["Database"],
        "SecretArn": namespace["adminPasswordSecretArn"],
    }
    reader = properties["Reader"]
    known = data.execute_statement(
        **target,
        Sql="SELECT count(*) FROM pg_user WHERE usename = :reader",
        Parameters=[{"name": "reader", "value": reader}],
    )
    _finished(data, known["Id"])
    statements = list(properties["Statements"])
    if data.get_statement_result(Id=known["Id"])["Records"][0][0]["longValue"] == 0:
        statements.insert(0, f'CREATE USER "{reader}" PASSWORD DISABLE')
    _finished(data, data.batch_execute_statement(**target, Sqls=statements)["Id"])


def _finished(data: Any, statement: str) -> None:
    while True:
        told = data.describe_statement(Id=statement)
        if told["Status"] == "FINISHED":
            return
        if told["Status"] in ("FAILED", "ABORTED"):
            raise StatementFailed(told.get("Error") or f"the statement {statement} was {told['Status'].lower()}")
        time.sleep(POLL_SECONDS)


def _send(url: str, answer: dict[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - CloudFormation's own address
        pass
