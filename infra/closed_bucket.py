from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class ClosedBucket(s3.Bucket):
    """A bucket that nobody reads in public, unencrypted or without TLS; what is overwritten stays for a while.

    `key`: encrypts with it, and not with a key of S3's own. `access_logs`: the bucket that logs of access go to.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        lifecycle: Sequence[s3.LifecycleRule],
        removal: RemovalPolicy,
        key: kms.IKey | None = None,
        access_logs: s3.IBucket | None = None,
        access_logs_prefix: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            name,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=list(lifecycle),
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=access_logs_prefix,
            removal_policy=removal,
        )
