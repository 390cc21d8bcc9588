"""Files instead of a warehouse, for a trial: DuckDB reads them in the task."""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.runner import Runner

INPUT = "/workspace/input"
FETCH = f"""
import boto3, io, os, zipfile
packed = boto3.client("s3").get_object(Bucket=os.environ["SAMPLE_BUCKET"], Key=os.environ["SAMPLE_KEY"])["Body"]
zipfile.ZipFile(io.BytesIO(packed.read())).extractall("{INPUT}")
"""


class SampleFiles(Construct):
    """The CSV files of a folder, which the image does not hold; `location`, as KAISEKI_WAREHOUSE has it.

    A first container of the task, of the same image, fetches them into a volume that the program then reads.
    """

    def __init__(self, scope: Construct, name: str, folder: Path, runner: Runner) -> None:
        super().__init__(scope, name)
        files = s3_assets.Asset(
            self, "Files", path=str(folder), exclude=["*", "!*.csv"], ignore_mode=IgnoreMode.GLOB, display_name="sample"
        )
        runner.task.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"], resources=[f"{files.bucket.bucket_arn}/{files.s3_object_key}"]
            )
        )
        runner.definition.add_volume(name="input")
        fetching = runner.add_container(
            "sample",
            essential=False,
            entry_point=["/opt/venv/bin/python", "-I", "-c", FETCH],
            environment={"SAMPLE_BUCKET": files.s3_bucket_name, "SAMPLE_KEY": files.s3_object_key},
        )
        fetching.add_mount_points(ecs.MountPoint(container_path=INPUT, source_volume="input", read_only=False))
        runner.container.add_mount_points(ecs.MountPoint(container_path=INPUT, source_volume="input", read_only=True))
        fetched = ecs.ContainerDependency(container=fetching, condition=ecs.ContainerDependencyCondition.SUCCESS)
        runner.container.add_container_dependencies(fetched)
        self.location = f"duckdb:{INPUT}"
