"""What the bucket has of a run: its request, and its bundle as far as it has come."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from bodies import ArtifactLink, RunLinks, StepState, UsageState
from places import bundle_key, request_key, run_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_SHOWN = (".html", ".png", ".svg")  # the rest is offered for download


class Bundle:
    """One run's part of the bucket, read at most once."""

    def __init__(self, s3: "S3Client", bucket: str, link_seconds: int, run_id: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._link_seconds = link_seconds
        self._run_id = run_id
        self._run = self._read(run_key(run_id)) or {}

    @property
    def prompt(self) -> str:
        return str((self._run or self._read(request_key(self._run_id)) or {}).get("prompt", ""))

    @property
    def answer(self) -> str:
        return str(self._run.get("answer", ""))

    @property
    def usage(self) -> UsageState:
        return UsageState.model_validate(self._run.get("usage", {}))

    @property
    def steps(self) -> list[StepState]:
        return [_step(step) for step in self._run.get("steps", ())]

    def artifacts(self) -> list[ArtifactLink]:
        return [
            ArtifactLink(
                path=artifact["path"],
                kind=artifact["kind"],
                title=artifact.get("title", ""),
                bytes=artifact["bytes"],
                url=self._link(artifact["path"]),
            )
            for artifact in self._run.get("artifacts", ())
        ]

    def links(self, artifacts: list[ArtifactLink]) -> RunLinks:
        links = RunLinks(self=f"/runs/{self._run_id}")
        for artifact in artifacts:
            if artifact.path == "report.html":
                links["report"] = artifact.url
            elif artifact.path == "answer.md":
                links["answer"] = artifact.url
            elif artifact.path == "analysis.ipynb":
                links["notebook"] = artifact.url
        if self._run:
            links["run"] = self._link("run.json")
        return links

    def _link(self, path: str) -> str:
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": bundle_key(self._run_id, path),
                "ResponseContentDisposition": _disposition(path),
            },
            ExpiresIn=self._link_seconds,
        )

    def _read(self, key: str) -> dict[str, Any] | None:
        try:
            content = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        held = json.loads(content)
        return held if isinstance(held, dict) else None


def _step(step: dict[str, Any]) -> StepState:
    # The attempt's own failure, or that of the query or code that it came to.
    return StepState(
        number=step["number"],
        purpose=step.get("purpose", ""),
        accepted=step.get("accepted", False),
        failure=_told(step.get("failure") or _inner_failure(step)),
    )


def _inner_failure(step: dict[str, Any]) -> dict[str, Any] | None:
    if step.get("accepted"):
        return None
    parts = (*step.get("queries", ()), step.get("execution") or {})
    return next((part["failure"] for part in parts if part.get("failure")), None)


def _told(failure: dict[str, Any] | None) -> str:
    if not failure:
        return ""
    first_line = next(iter(str(failure.get("message", "")).splitlines()), "")
    return ": ".join(filter(None, (str(failure.get("type", "")), first_line)))


def _disposition(path: str) -> str:
    if path.endswith(_SHOWN):
        return "inline"
    return f"attachment; filename*=UTF-8''{quote(path.rsplit('/', 1)[-1], safe='')}"
