"""Which environments get the image of the toolchain, and whether all of them can run the same one."""

from collections.abc import Sequence

from infra.environments import Environment
from infra.settings import require
from infra.settings_task import ToolchainImage
from infra.settings_toolchain import Toolchain


def digest_parameter(environment: str) -> str:
    return f"/kaiseki/{environment}/image-digest"


def promoted(toolchain: Toolchain, environments: Sequence[Environment]) -> tuple[Environment, ...]:
    """In the toolchain's order. Raises SettingError for one that cannot run what the others run."""
    known = {environment.name: environment for environment in environments}
    for name in toolchain.environments:
        require(name in known, f"the toolchain promotes to '{name}', which is no environment", f"choose of {[*known]}")
    found = tuple(known[name] for name in toolchain.environments)
    for environment in found:
        own = isinstance(environment.image, ToolchainImage) and environment.image.repository == toolchain.images
        require(
            own,
            f"{environment.name} runs another image than the toolchain's",
            f"let its image be ToolchainImage('{toolchain.images}'), or take it out of the toolchain's environments",
        )
        here = (environment.account, environment.region) == (toolchain.account, toolchain.region)
        require(
            here,
            f"{environment.name} lies in another account or region than the toolchain",
            "deploy a toolchain for it there, with environments=('" + environment.name + "',)",
        )
        first = found[0].runner.architecture
        require(
            environment.runner.architecture == first,
            f"{environment.name} runs on {environment.runner.architecture}, {found[0].name} on {first}, by one image",
            "give both runners one architecture",
        )
    return found
