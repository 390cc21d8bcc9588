"""A custom resource of CloudFormation: as the warehouse's administrator makes first tables, and the user who reads."""

import json
import time
import urllib.request
from typing import Any

import boto3

from kaiseki.warehouses.redshift.grants import Statement, created, grants, made

POLL_SECONDS = 2
MOST_AT_ONCE = 39  # the Data API takes 40 statements in a transaction; a table is made by three
_SCHEMAS = """SELECT schema_name, schema_type FROM svv_all_schemas WHERE database_name = current_database()
AND schema_name NOT IN ('information_schema', 'catalog_history') AND schema_name NOT LIKE 'pg!_%' ESCAPE '!'"""


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
    session = _Session(data, target)
    session.run_together(properties["Statements"])
    statements = _of_reader(properties, session)
    session.run_together([statement.sql for statement in statements if not statement.alone])
    for statement in statements:
        if statement.alone:
            session.run(statement.sql)


def _of_reader(properties: dict[str, Any], session: "_Session") -> list[Statement]:
    """The schemas that are not there are made; which of the others are external is not known before."""
    reader, schemas = properties["Reader"], properties["Schemas"]
    (count,) = session.rows("SELECT count(*) FROM pg_user WHERE usename = :reader", reader=reader)
    kinds = {str(name): str(kind) for name, kind in session.rows(_SCHEMAS)}
    missing = [made(schema) for schema in schemas if schema not in kinds]
    user = [] if count[0] else [created(reader)]
    return [*user, *missing, *grants(reader, properties["Database"], schemas, kinds)]


class _Session:
    """The administrator's, by the Data API. Raises StatementFailed."""

    def __init__(self, data: Any, target: dict[str, str]) -> None:
        self._data, self._target = data, target

    def run(self, sql: str, **values: str) -> str:
        parameters = [{"name": name, "value": value} for name, value in values.items()]
        given = {"Parameters": parameters} if parameters else {}
        statement = str(self._data.execute_statement(**self._target, Sql=sql, **given)["Id"])
        _finished(self._data, statement)
        return statement

    def run_together(self, statements: list[str]) -> None:
        """In one transaction, as long as they are not too many for one."""
        for start in range(0, len(statements), MOST_AT_ONCE):
            batch = statements[start : start + MOST_AT_ONCE]
            _finished(self._data, self._data.batch_execute_statement(**self._target, Sqls=batch)["Id"])

    def rows(self, sql: str, **values: str) -> list[list[Any]]:
        statement = self.run(sql, **values)
        page = self._data.get_statement_result(Id=statement)
        records = page["Records"]
        while page.get("NextToken"):
            page = self._data.get_statement_result(Id=statement, NextToken=page["NextToken"])
            records += page["Records"]
        return [[next(iter(cell.values())) for cell in record] for record in records]


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
