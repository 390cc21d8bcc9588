"""What the harness tells the stand-in, through the environment of the emulator."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "DOCKER_STAND_IN"


@dataclass(frozen=True)
class Settings:
    tasks: Path  # a folder for each task
    events: Path  # what lies here goes to the bus
    hold: Path  # while a file `all` lies here no container starts, and with the name of a task, not that one
    command: tuple[str, ...]  # the image's ENTRYPOINT here
    environment: dict[str, str]  # what ECS and the image add to the task definition's
    credentials: str  # where a task gets its credentials; its id is appended

    @classmethod
    def of_this_process(cls) -> "Settings":
        given = json.loads(os.environ[VARIABLE])
        return cls(
            tasks=Path(given["tasks"]),
            events=Path(given["events"]),
            hold=Path(given["hold"]),
            command=tuple(given["command"]),
            environment=given["environment"],
            credentials=given["credentials"],
        )
