"""The first tables of a new warehouse, and the database user that tasks sign in as, who may read and nothing else."""

from hashlib import sha256
from pathlib import Path

from aws_cdk import Aws, CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.acknowledged import acknowledge, acknowledge_resources
from infra.environments import Environment
from infra.functions import Function, Package
from infra.permissions import allow
from infra.redshift import NewRedshift
from infra.settings_warehouse import NewWorkgroup
from infra.warehouse_code import setup_code
from kaiseki.models import Table
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from kaiseki.warehouses.identifiers import table_name
from kaiseki.warehouses.redshift.grants import Statement, grants, user_of_role

SCHEMA = "public"  # where the first tables lie
TEXT = "VARCHAR(65535)"


class WarehouseTables(Construct):
    """Made at the first deployment, and again when files or schemas change."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        settings: NewWorkgroup,
        made: NewRedshift,
        reader: iam.Role,
        environment: Environment,
    ) -> None:
        super().__init__(scope, name)
        statements: list[str] = []
        if settings.load is not None:
            for path, table in _tables_of(settings.load):
                file = s3_assets.Asset(self, table.name, path=str(path))
                readable = f"{file.bucket.bucket_arn}/{file.s3_object_key}"
                made.copying.add_to_policy(allow(["s3:GetObject"], [readable]))
                statements += written_anew(table, file.s3_object_url)
        user, schemas = user_of_role(reader.role_name), [*(environment.schemas or (SCHEMA,))]
        package = Package(
            code=setup_code(),
            settings=environment.functions,
            environment={},
            log_days=environment.monitoring.log_days,
        )
        function = Function(
            self, "Function", package, "on_change.handler", Duration.minutes(14), _permissions(made, environment)
        )
        resource = CustomResource(
            self,
            "Statements",
            service_token=function.function_arn,
            resource_type="Custom::WarehouseStatements",
            properties={
                "Workgroup": made.workgroup.workgroup_name,
                "Namespace": made.namespace.namespace_name,
                "Database": settings.database,
                "Reader": user,
                "Schemas": schemas,
                # What is granted is decided by the function: a change of that is to make it run again.
                "Grants": _digest(grants(user_of_role("reader"), settings.database, schemas, {})),
                "Statements": statements,
            },
        )
        resource.node.add_dependency(made)
        unnamed = "A statement of the Data API has no ARN: a condition leaves those that this function has sent"
        acknowledge(self, "AwsSolutions-IAM5[Resource::*]", unnamed)
        acknowledge_resources(self, "Redshift ends the secret's name by itself", _secret_of(environment))


def written_anew(table: Table, url: str) -> list[str]:
    """Types are those that a run on the file itself would find; a value that does not fit fails the deployment."""
    columns = ", ".join(
        f'"{column.name}" {TEXT if column.type == "VARCHAR" else column.type}' for column in table.columns
    )
    return [
        f'DROP TABLE IF EXISTS public."{table.name}"',
        f'CREATE TABLE public."{table.name}" ({columns})',
        f"COPY public.\"{table.name}\" FROM '{url}' IAM_ROLE default "
        "FORMAT CSV IGNOREHEADER 1 EMPTYASNULL DATEFORMAT 'auto' TIMEFORMAT 'auto'",
    ]


def _digest(statements: tuple[Statement, ...]) -> str:
    return sha256("\n".join(statement.sql for statement in statements).encode()).hexdigest()


def _tables_of(folder: Path) -> list[tuple[Path, Table]]:
    warehouse = DuckDBWarehouse.open(folder)
    try:
        tables = {table.name: table for table in warehouse.introspect().tables}
    finally:
        warehouse.close()
    return [(path, tables[table_name(path.stem)]) for path in sorted(folder.glob("*.csv"))]


def _permissions(made: NewRedshift, environment: Environment) -> list[iam.PolicyStatement]:
    """The administrator's password stays in Secrets Manager: the Data API reads it there, by this role's right."""
    own = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}
    return [
        allow(
            ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"],
            [made.workgroup.attr_workgroup_workgroup_arn],
        ),
        # A statement has no ARN; the condition leaves those that this function itself has sent.
        allow(["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"], ["*"], own),
        allow(["redshift-serverless:GetNamespace"], [made.namespace.attr_namespace_namespace_arn]),
        allow(["secretsmanager:GetSecretValue"], [_secret_of(environment)]),
    ]


def _secret_of(environment: Environment) -> str:
    return f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:redshift!{environment.family}-*"
