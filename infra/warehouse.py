"""The warehouse that an environment chose, made known to the program and opened to it."""

from constructs import Construct

from infra.environments import Environment
from infra.network import Network
from infra.redshift import NewRedshift, Redshift, existing_cluster, existing_workgroup
from infra.runner import Runner
from infra.sample_files import SampleFiles
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, ImageFolder, NewWorkgroup, Sample, Warehouse
from infra.storage import Storage
from infra.unloading import Unloading, of_cluster, of_workgroup
from infra.warehouse_tables import WarehouseTables
from kaiseki.settings import UNLOADED_ROWS

VARIABLE = "KAISEKI_WAREHOUSE"


def add_warehouse(
    scope: Construct, environment: Environment, network: Network, storage: Storage, runner: Runner
) -> None:
    match environment.warehouse:
        case Sample(folder):
            location = SampleFiles(scope, "Warehouse", folder, runner).location
        case ImageFolder(folder):
            location = f"duckdb:{folder}"
        case ExistingWorkgroup() as settings:
            if settings.unload:
                names = of_workgroup(settings.workgroup, settings.workgroup_id)
                Unloading(scope, "Unloading", names, runner, storage)
            location = _opened(existing_workgroup(scope, settings), network, runner)
        case ExistingCluster() as settings:
            if settings.unload:
                Unloading(scope, "Unloading", of_cluster(settings.cluster), runner, storage)
            location = _opened(existing_cluster(scope, settings), network, runner)
        case NewWorkgroup() as settings:
            unloading = Unloading(scope, "Unloading", of_workgroup(environment.family), runner, storage)
            made = NewRedshift(scope, "Warehouse", settings, environment, network, storage, unloading.role)
            WarehouseTables(scope, "Tables", settings, made, runner.task, environment)
            location = _opened(made.redshift, network, runner)
    runner.container.add_environment(VARIABLE, location)
    for name, value in limited_to(environment.schemas).items():
        runner.container.add_environment(name, value)
    if environment.show_personal:
        runner.container.add_environment("KAISEKI_SHOW_PERSONAL", ",".join(environment.show_personal))


def limited_to(schemas: tuple[str, ...] | None) -> dict[str, str]:
    """The variable by which the API and its tasks know what may be read."""
    return {} if schemas is None else {"KAISEKI_SCHEMAS": ",".join(schemas)}


def usual_rows(warehouse: Warehouse) -> dict[str, str]:
    """The variable by which the API knows what a query may return where results are unloaded."""
    match warehouse:
        case NewWorkgroup() | ExistingWorkgroup(unload=True) | ExistingCluster(unload=True):
            return {"KAISEKI_ROWS_PER_QUERY": str(UNLOADED_ROWS)}
        case _:
            return {}


def interface_endpoints(warehouse: Warehouse) -> tuple[str, ...]:
    """The endpoints by which a task asks for credentials of this warehouse."""
    match warehouse:
        case ExistingWorkgroup() | NewWorkgroup():
            return ("redshift-serverless",)
        case ExistingCluster():
            return ("redshift",)
        case _:
            return ()


def _opened(redshift: Redshift, network: Network, runner: Runner) -> str:
    redshift.connections.allow_default_port_from(network.tasks, "Tasks of Kaiseki")
    runner.task.add_to_policy(redshift.signing_in)
    return redshift.location
