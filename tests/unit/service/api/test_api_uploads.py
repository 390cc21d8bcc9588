"""Uploads: what may be put where, and how it becomes a run's attachment."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests

from kaiseki.models import Request

Call = Callable[..., Any]
BOB = {"iam": {"userArn": "arn:aws:sts::111122223333:assumed-role/analyst/bob"}}
QUESTION = "Which age group buys most often?"


def upload(call: Call, name: str, content: bytes = b"a,b\n1,2\n", **how: Any) -> str:
    (offer,) = call("POST", "/uploads", {"files": [{"name": name, "bytes": len(content)}]}, **how).body["uploads"]
    assert requests.put(offer["url"], data=content, headers=offer["headers"], timeout=5).ok
    return str(offer["id"])


def test_a_file_that_was_put_becomes_an_attachment_of_the_run(call: Call, bucket: Any) -> None:
    ids = [upload(call, "targets.csv", b"x\n1\n"), upload(call, "売上 2026.XLSX", b"excel")]
    answer = call("POST", "/prompt", {"prompt": QUESTION, "attachments": ids})
    assert answer.status == 202
    place = f"runs/{answer.body['run_id']}"
    request = Request.model_validate_json(bucket.Object(f"{place}/request.json").get()["Body"].read())
    assert request.attachments == ("targets.csv", "売上_2026.xlsx")
    assert bucket.Object(f"{place}/attachments/targets.csv").get()["Body"].read() == b"x\n1\n"
    assert bucket.Object(f"{place}/attachments/売上_2026.xlsx").get()["Body"].read() == b"excel"


def test_the_link_is_bound_to_the_place_the_size_and_the_kind(call: Call) -> None:
    answer = call("POST", "/uploads", {"files": [{"name": "a.csv", "bytes": 12}, {"name": "b.parquet", "bytes": 3}]})
    assert answer.status == 201
    first, second = answer.body["uploads"]
    assert first["headers"] == {"Content-Length": "12", "Content-Type": "text/csv"}
    assert second["headers"]["Content-Type"] == "application/vnd.apache.parquet"
    query = parse_qs(urlsplit(first["url"]).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-type;host"]
    assert query["X-Amz-Expires"] == ["900"]
    assert not [name for name in query if "checksum" in name.lower()], "curl sends none"
    assert urlsplit(first["url"]).path.endswith(f"/{first['id']}/a.csv")
    assert first["id"] != second["id"]


def test_names_lose_what_could_lead_elsewhere(call: Call) -> None:
    names = {
        "../../etc/passwd.csv": "passwd.csv",
        "C:\\Users\\me\\Sales 2026 (final).CSV": "Sales_2026_final.csv",
        ".csv": "file.csv",
        "....csv": "file.csv",
        "a\x00b\n.csv": "a_b.csv",
        "<script>.parquet": "script.parquet",
        "年齢別%2F売上.csv": "年齢別_2F売上.csv",
        "e\u0301te\u0301.csv": "été.csv",
        "解" * 200 + ".csv": "解" * 40 + ".csv",
    }
    files = [{"name": name, "bytes": 1} for name in names]
    offers = call("POST", "/uploads", {"files": files}).body["uploads"]
    assert [offer["name"] for offer in offers] == list(names.values())
    for offer in offers:
        key = unquote(urlsplit(offer["url"]).path)
        assert key.count("/") == 4, "uploads/<owner>/<id>/<name>"


@pytest.mark.parametrize("name", ["a.exe", "csv", "a.csv.gz", "a.xls", "folder.csv/", "a."])
def test_other_kinds_of_files_are_refused(call: Call, name: str) -> None:
    answer = call("POST", "/uploads", {"files": [{"name": name, "bytes": 1}]})
    assert (answer.status, answer.error) == (422, "upload.type")


def test_counts_and_sizes_are_bounded(call: Call) -> None:
    def asked(files: list[dict[str, Any]]) -> Any:
        return call("POST", "/uploads", {"files": files})

    one = {"name": "a.csv", "bytes": 1}
    assert asked([one] * 10).status == 201
    assert asked([{"name": "a.csv", "bytes": 100_000_000}]).status == 201
    for files in (
        [],
        [one] * 11,
        [{"name": "a.csv", "bytes": 100_000_001}],
        [{"name": "a.csv", "bytes": 0}],
        [{"name": "a.csv", "bytes": -1}],
        [{"name": "a.csv"}],
        [{"name": "", "bytes": 1}],
        [{**one, "mode": "append"}],
    ):
        answer = asked(files)
        assert (answer.status, answer.error) == (422, "request.invalid"), files


def test_what_was_not_put_or_is_another_s_is_no_attachment_and_starts_nothing(call: Call, bucket: Any) -> None:
    (never_put,) = call("POST", "/uploads", {"files": [{"name": "a.csv", "bytes": 1}]}).body["uploads"]
    foreign = upload(call, "secret.csv", who=BOB)
    messages = set()
    for upload_id in (never_put["id"], foreign, "0" * 32):
        answer = call("POST", "/prompt", {"prompt": QUESTION, "attachments": [upload_id]})
        assert (answer.status, answer.error) == (422, "attachment.unknown")
        messages.add(answer.text.replace(upload_id, "ID"))
    assert len(messages) == 1, "an upload of somebody else is one that is not there"
    assert list(bucket.objects.filter(Prefix="runs/")) == []


def test_two_attachments_of_one_name_are_refused(call: Call) -> None:
    ids = [upload(call, "a.csv"), upload(call, "A.csv")]
    answer = call("POST", "/prompt", {"prompt": QUESTION, "attachments": ids})
    assert (answer.status, answer.error) == (422, "attachment.duplicate")


def test_a_repetition_leaves_no_copies_behind(call: Call, bucket: Any) -> None:
    body = {"prompt": QUESTION, "attachments": [upload(call, "a.csv")]}
    first = call("POST", "/prompt", body, headers={"idempotency-key": "k"})
    again = call("POST", "/prompt", body, headers={"idempotency-key": "k"})
    assert again.body["run_id"] == first.body["run_id"]
    place = f"runs/{first.body['run_id']}"
    assert {item.key for item in bucket.objects.filter(Prefix="runs/")} == {
        f"{place}/request.json",
        f"{place}/attachments/a.csv",
    }
