"""Where bundles lie, and the records of runs."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge_resources
from infra.closed_bucket import ClosedBucket
from infra.settings import Storage as StorageSettings

RUNS, UPLOADS, STAGING = "runs/", "uploads/", "staging/"
KNOWLEDGE = "knowledge/"  # what the company says of its own data; its people put it there
CATALOGS = "catalogs/"  # the warehouse's schema, kept from one run to the next
BY_OWNER, LIVE = "by_owner", "live"


class Storage(Construct):
    """`bucket`, `table`, and the `key` of both where the environment has its own."""

    def __init__(self, scope: Construct, name: str, settings: StorageSettings, protected: bool) -> None:
        super().__init__(scope, name)
        kept = RemovalPolicy.RETAIN if protected else RemovalPolicy.DESTROY
        self.key = (
            kms.Key(self, "Key", description="Bundles and records", enable_key_rotation=True, removal_policy=kept)
            if settings.own_key
            else None
        )
        self.bucket = _bucket(self, settings, self.key, kept)
        self.table = _table(self, self.key, protected, kept)
        below = (RUNS, UPLOADS, STAGING, KNOWLEDGE, CATALOGS)
        prefixes = [self.bucket.arn_for_objects(f"{prefix}*") for prefix in below]
        acknowledge_resources(
            Stack.of(self),
            "Objects have names of their own, below the prefix of runs, uploads, results, knowledge or schemas",
            *prefixes,
        )


def _bucket(scope: Construct, settings: StorageSettings, key: kms.Key | None, kept: RemovalPolicy) -> s3.Bucket:
    old_logs = s3.LifecycleRule(
        id="old-logs", expiration=Duration.days(90), noncurrent_version_expiration=Duration.days(1)
    )
    # The service that writes these logs takes no key but S3's own.
    access_logs = ClosedBucket(scope, "AccessLogs", [old_logs], kept)
    rules = [
        s3.LifecycleRule(id="uploads", prefix=UPLOADS, expiration=Duration.days(1)),
        s3.LifecycleRule(id="catalogs", prefix=CATALOGS, expiration=Duration.days(30)),
        s3.LifecycleRule(
            id="staging",
            prefix=STAGING,
            expiration=Duration.days(1),
            noncurrent_version_expiration=Duration.days(1),
        ),
        s3.LifecycleRule(
            id="leftovers",
            noncurrent_version_expiration=Duration.days(30),
            abort_incomplete_multipart_upload_after=Duration.days(1),
        ),
    ]
    if settings.runs_kept is not None:
        rules.append(s3.LifecycleRule(id="runs", prefix=RUNS, expiration=Duration.days(settings.runs_kept)))
    return ClosedBucket(scope, "Bucket", rules, kept, key, access_logs, "bundles/")


def _table(scope: Construct, key: kms.Key | None, protected: bool, kept: RemovalPolicy) -> dynamodb.Table:
    text = dynamodb.AttributeType.STRING
    recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
    table = dynamodb.Table(
        scope,
        "Table",
        partition_key=dynamodb.Attribute(name="pk", type=text),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.DEFAULT,
        encryption_key=key,
        point_in_time_recovery_specification=recovery,
        time_to_live_attribute="expires_at",
        deletion_protection=protected,
        removal_policy=kept,
    )
    for index, partition, sort in ((BY_OWNER, "owner", "run_id"), (LIVE, "live", "changed_at")):
        table.add_global_secondary_index(
            index_name=index,
            partition_key=dynamodb.Attribute(name=partition, type=text),
            sort_key=dynamodb.Attribute(name=sort, type=text),
            projection_type=dynamodb.ProjectionType.ALL,
        )
    return table
