"""What the emulator takes for docker: a container is the image's entry point as a process of this machine.

The emulator imports this package as `docker`, within its own process. Of docker's interface it has what the emulator's
ECS calls. A task has a folder of its own below TASKS, named by its id, from which the tests read: `pid`, `log`, and in
the end `exit`. Beyond docker it does two things of the ECS agent, for which the emulator has no door:
it gives the task a session of its role, and it puts the events that it finds in a folder on the bus as `aws.ecs`.
"""

from docker.containers import Containers
from docker.events import publish_from_spool
from docker.settings import Settings

__all__ = ["DockerClient", "from_env"]


class DockerClient:
    def __init__(self) -> None:
        self.containers = Containers(Settings.of_this_process())


def from_env(timeout: float | None = None) -> DockerClient:
    client = DockerClient()
    publish_from_spool(client.containers.settings.events)
    return client
