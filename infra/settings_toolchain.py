"""What builds the image and brings it to the environments. Prices as in settings.py."""

import re
from dataclasses import dataclass

from infra.settings import LOG_DAYS, require

_ARN = re.compile(r"arn:aws[a-z-]*:(?:codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_IMAGES = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*")


@dataclass(frozen=True)
class GitHub:
    """Where the source is. Each push to `branch` runs the pipeline.

    connection_arn  of a connection to GitHub, made and confirmed in the console (Developer Tools, Connections): only a
                    person can allow it in GitHub
    repository      `owner/name`
    """

    connection_arn: str
    repository: str
    branch: str = "main"

    def __post_init__(self) -> None:
        fits = _ARN.fullmatch(self.connection_arn) is not None
        require(fits, f"'{self.connection_arn}' is no connection", "copy its ARN: Developer Tools, Connections")
        fits = _REPOSITORY.fullmatch(self.repository) is not None
        require(fits, f"'{self.repository}' is no repository of GitHub", "write it as owner/name")
        fits = re.fullmatch(r"[\w./-]+", self.branch) is not None
        require(fits, f"'{self.branch}' is no branch", "write it as main")


@dataclass(frozen=True)
class Toolchain:
    """One pipeline: source, tests, image, then each environment in turn. A run costs about $0.40, most of it minutes of
    CodeBuild; images $0.10 per GB and month (one is about 0.3 GB); without runs next to nothing.

    source         None: a registry and a build of the image, started by hand from this checkout (toolchain_stack.py)
    environments   by name, in the order in which an image gets to them; of this account and region
    approvals      those that a person must let it into
    images         the repository in ECR, which an environment's ToolchainImage names too
    images_kept    the newest so many; and of those that an environment got, its newest `promoted_kept`
    own_key        a key of your own in KMS ($1 a month) for images and artifacts
    emails         who is told of failures, and asked for approval; each must confirm the subscription
    """

    account: str | None = None
    region: str | None = None
    source: GitHub | None = None
    environments: tuple[str, ...] = ("dev", "staging", "prod")
    approvals: tuple[str, ...] = ("prod",)
    images: str = "kaiseki"
    images_kept: int = 30
    promoted_kept: int = 10
    own_key: bool = False
    emails: tuple[str, ...] = ()
    log_days: int = 90

    def __post_init__(self) -> None:
        require(bool(self.environments), "the toolchain promotes to no environment", "name one of environments.py")
        once = len({*self.environments}) == len(self.environments)
        require(once, "an environment is promoted to twice", "name each environment once")
        for name in self.approvals:
            require(name in self.environments, f"'{name}' is approved but never promoted to", "add it to environments")
        require(_IMAGES.fullmatch(self.images) is not None, f"'{self.images}' is no repository of ECR", "lower case")
        require(self.images_kept >= 1, f"{self.images_kept} images are kept", "keep 1 or more")
        require(self.promoted_kept >= 2, f"{self.promoted_kept} promoted images are kept", "keep 2 or more: a way back")
        for email in self.emails:
            fits = re.fullmatch(r"[^@\s]+@[^@\s]+", email) is not None
            require(fits, f"'{email}' is no mail address", "write name@example.com")
        told = self.source is not None or not self.emails
        require(told, "nobody is told of what is started by hand", "leave emails out, or name a source")
        require(self.log_days in LOG_DAYS, f"CloudWatch cannot keep logs {self.log_days} days", f"choose of {LOG_DAYS}")
