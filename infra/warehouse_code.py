from pathlib import Path
from shutil import copyfile
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).parents[1]
HANDLER = ROOT / "infra" / "warehouse_setup" / "on_change.py"
SHARED = (
    "kaiseki/__init__.py",
    "kaiseki/warehouses/__init__.py",
    "kaiseki/warehouses/redshift/__init__.py",
    "kaiseki/warehouses/redshift/grants.py",
)


def setup_code() -> lambda_.Code:
    """The function that sets up a warehouse, with the module that knows what its reader is granted."""
    bundling = BundlingOptions(image=DockerImage.from_registry("none"), local=_Copied())
    return lambda_.Code.from_asset(str(HANDLER.parent), bundling=bundling, asset_hash_type=AssetHashType.OUTPUT)


def copy_setup_code(into: Path) -> None:
    copyfile(HANDLER, into / HANDLER.name)
    for name in SHARED:
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(ROOT / "container" / name, into / name)


@jsii.implements(ILocalBundling)
class _Copied:
    def try_bundle(self, output_dir: str, *_options: Any, **_more: Any) -> bool:
        copy_setup_code(Path(output_dir))
        return True
