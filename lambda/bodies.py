"""What the API takes and gives, as types: its validation and its OpenAPI document come from here."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from kaiseki.lifecycle import Outcome, Status

PROMPT_LIMIT = 200_000  # characters
ATTACHMENTS = 10  # of one run
SCHEMAS = 100  # that one run may be limited to
UPLOAD_BYTES = 100_000_000  # of one file
KEY_LIMIT = 128  # characters of an idempotency key
PAGE_LIMIT = 100

RUN = "20261121-093015-interactions-purchase-k8tk3ihv8nns"
UPLOAD = "5f0c3a9be1d24c7f8a6b2d9e4c1f7a30"


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class _Body(BaseModel):
    """Made ready for use by the first call that needs it, so that the function starts without the others' bodies."""

    model_config = ConfigDict(defer_build=True)


class _Asked(_Body):
    """Closed: a field that nobody would read is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BudgetWish(_Asked):
    """What the run may use up. A field left out is the environment's; none may go beyond the environment's cap."""

    steps: int | None = Field(default=None, ge=1, description="attempts of the model")
    tokens: int | None = Field(default=None, ge=1, description="tokens of the model, read and written")
    usd: float | None = Field(default=None, ge=0, description="dollars for the model")
    seconds: float | None = Field(default=None, gt=0, description="of the run, from its start")
    rows: int | None = Field(default=None, ge=1, description="over all queries")
    rows_per_query: int | None = Field(default=None, ge=1, description="beyond it a result is truncated, and says so")


class Options(_Asked):
    budget: BudgetWish = BudgetWish()
    warehouse_schemas: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=SCHEMAS,
        description="Schemas of the warehouse that the run may read, of those that you may; left out, all of them.",
    )


class PromptBody(_Asked):
    model_config = _shown(
        {
            "prompt": "Which age group buys most often?",
            "options": {"budget": {"usd": 0.5, "seconds": 300}},
            "attachments": [UPLOAD],
        }
    )

    prompt: str = Field(max_length=PROMPT_LIMIT, pattern=r"\S", description="The question, in any language; not blank.")
    options: Options = Options()
    attachments: list[Annotated[str, Field(pattern="^[0-9a-f]{32}$")]] = Field(
        default=[], max_length=ATTACHMENTS, description="Ids from POST /uploads, whose files have been put."
    )
    follow_up_to: str | None = Field(
        default=None,
        max_length=64,
        description="An earlier run of yours that has an answer: the question goes on from it.",
    )


class UploadWish(_Asked):
    name: str = Field(
        min_length=1, max_length=1_000, description="The file's name; it ends in .csv, .parquet or .xlsx."
    )
    bytes: int = Field(ge=1, le=UPLOAD_BYTES, description="The file's exact size.")


class UploadsBody(_Asked):
    model_config = _shown({"files": [{"name": "targets 2026.csv", "bytes": 18_204}]})

    files: list[UploadWish] = Field(min_length=1, max_length=ATTACHMENTS)


class Upload(_Body):
    id: str = Field(description="For `attachments` of POST /prompt.")
    name: str = Field(description="The name under which the file is attached.")
    url: str = Field(description="Where to PUT the file, within minutes.")
    headers: dict[str, str] = Field(description="To be sent with the PUT as they are; they are signed.")


class Uploads(_Body):
    model_config = _shown(
        {
            "uploads": [
                {
                    "id": UPLOAD,
                    "name": "targets_2026.csv",
                    "url": "https://bucket.s3.us-east-1.amazonaws.com/uploads/...?X-Amz-Signature=...",
                    "headers": {"Content-Length": "18204", "Content-Type": "text/csv"},
                }
            ]
        }
    )

    uploads: list[Upload]


class SelfLink(TypedDict):
    self: Annotated[str, Field(description="Path of the run in this API.")]


class Accepted(_Body):
    model_config = _shown({"run_id": RUN, "status": "LAUNCHING", "links": {"self": f"/runs/{RUN}"}})

    run_id: str
    status: Status
    links: SelfLink


class Cancelled(_Body):
    model_config = _shown({"run_id": RUN, "status": "RUNNING"})

    run_id: str
    status: Status = Field(description="CANCELLED once the task has stopped; of a run that is over, how it ended.")


class RunEntry(_Body):
    """A run in a list."""

    run_id: str
    status: Status
    outcome: Outcome | Literal[""] = Field(description="What a run that SUCCEEDED found.")
    reason: str = Field(description="Why it ended so, machine-readable: `budget.usd`, `task.crashed` ...")
    message: str = Field(description="One sentence for a person: where it failed, or why it waits.")
    phase: str = Field(description="What the run is doing now.")
    created_at: str
    ended_at: str = Field(description="Empty while it has not ended.")
    usd: float
    links: SelfLink


class RunList(_Body):
    model_config = _shown(
        {
            "runs": [
                {
                    "run_id": RUN,
                    "status": "SUCCEEDED",
                    "outcome": "answered",
                    "reason": "",
                    "message": "",
                    "phase": "",
                    "created_at": "2026-11-21T09:30:15.120+00:00",
                    "ended_at": "2026-11-21T09:32:41.007+00:00",
                    "usd": 0.21,
                    "links": {"self": f"/runs/{RUN}"},
                }
            ],
            "next_cursor": "",
        }
    )

    runs: list[RunEntry] = Field(description="The caller's own, newest first.")
    next_cursor: str = Field(description="For the next page; empty on the last.")


class StepState(_Body):
    number: int
    purpose: str
    accepted: bool
    failure: str = Field(description="Why the attempt failed; empty if it did not.")


class UsageState(_Body):
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: float | None = Field(default=0.0, description="null: the model's price is not known.")
    simulated: bool = Field(default=False, description="No model was called (offline, recorded).")


class ArtifactLink(_Body):
    path: str = Field(description="In the bundle.")
    kind: str
    title: str
    bytes: int
    url: str = Field(description="Presigned anew at each call; it lives for minutes.")


class RunLinks(SelfLink):
    """Presigned anew at each call, as far as the bundle has come."""

    report: NotRequired[Annotated[str, Field(description="report.html, to be opened in a browser.")]]
    answer: NotRequired[Annotated[str, Field(description="answer.md")]]
    notebook: NotRequired[Annotated[str, Field(description="analysis.ipynb")]]
    run: NotRequired[Annotated[str, Field(description="run.json: everything that is known of the run.")]]


class RunState(RunEntry):
    model_config = _shown(
        {
            "run_id": RUN,
            "status": "RUNNING",
            "outcome": "",
            "reason": "",
            "message": "",
            "phase": "step 2: asking the model",
            "created_at": "2026-11-21T09:30:15.120+00:00",
            "ended_at": "",
            "usd": 0.08,
            "prompt": "Which age group buys most often?",
            "steps": [{"number": 1, "purpose": "Purchase rate by age group", "accepted": True, "failure": ""}],
            "answer": "",
            "usage": {"calls": 1, "input_tokens": 9120, "output_tokens": 803, "usd": 0.08},
            "links": {"self": f"/runs/{RUN}"},
            "artifacts": [],
        }
    )

    prompt: str
    steps: list[StepState] = Field(description="The attempts so far.")
    answer: str = Field(description="Markdown; empty before the end.")
    usage: UsageState
    links: RunLinks
    artifacts: list[ArtifactLink]


class Fault(_Body):
    code: str = Field(description="Stable and machine-readable; docs/api.md lists them.")
    message: str = Field(description="What is wrong, in one line.")
    hint: str = Field(description="How to mend it.")


class ErrorBody(_Body):
    error: Fault
