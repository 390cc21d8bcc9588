"""What every store must do, on a folder and on a bucket; and what only a bucket can get wrong."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from in_process_aws import in_process_bucket
from kaiseki.errors import InputError, SettingError, StoreError, UnknownRun
from kaiseki.lifecycle import Status
from kaiseki.models import Artifact, Request, Run
from kaiseki.report.files import inventory
from kaiseki.settings import load_settings
from kaiseki.stores.aws import aws_session
from kaiseki.stores.folder import FolderStore
from kaiseki.stores.s3 import S3Store

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BUCKET = "bundles-111122223333"


def request(run_id: str, *attachments: str) -> Request:
    return Request(run_id=run_id, prompt="How many?", created_at=NOW, attachments=attachments)


def run(run_id: str, bundle: Path | None = None, status: Status = Status.RUNNING) -> Run:
    listed = inventory(bundle) if bundle else ()
    return Run(id=run_id, prompt="How many?", status=status, created_at=NOW, artifacts=listed)


@pytest.fixture
def s3() -> Iterator[object]:
    with in_process_bucket(BUCKET) as client:
        yield client


def bucket_store(workspace: Path, location: str = f"s3://{BUCKET}/team") -> S3Store:
    return S3Store(location, workspace, aws_session().client("s3"))


@pytest.fixture(params=["folder", "s3"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], FolderStore | S3Store]:
    """Opens the same store as from a machine of that name: what one leaves there, the other finds."""
    if request.param == "folder":
        return lambda machine: FolderStore(tmp_path / "results")
    request.getfixturevalue("s3")
    return lambda machine: bucket_store(tmp_path / machine)


def objects(client: object) -> dict[str, dict]:
    listed = client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
    return {each["Key"]: client.get_object(Bucket=BUCKET, Key=each["Key"]) for each in listed}


def replace(store: FolderStore | S3Store, bundle: Path, name: str, text: str) -> None:
    """As somebody else wrote it."""
    if isinstance(store, FolderStore):
        (bundle / name).write_text(text)
    else:
        boto3.client("s3").put_object(Bucket=BUCKET, Key=f"team/runs/{bundle.name}/{name}", Body=text.encode())


# ── every store ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_and_its_attachments_reach_who_executes_it(open_store, tmp_path):
    attachment = tmp_path / "prices.csv"
    attachment.write_text("a\n1\n")
    asked = request("20261121-one", "prices.csv")
    open_store("laptop").create(asked, (attachment,))
    there = open_store("task")
    assert there.request("20261121-one") == asked
    assert (there.workspace("20261121-one") / "attachments" / "prices.csv").read_text() == "a\n1\n"


def test_a_run_that_has_not_begun_is_known_and_is_none(open_store):
    open_store("laptop").create(request("20261121-one"))
    assert open_store("task").run("20261121-one") is None
    assert list(open_store("task").runs()) == []


def test_what_was_saved_last_is_what_others_read(open_store):
    store = open_store("task")
    store.create(request("20261121-one"))
    for status in (Status.RUNNING, Status.SUCCEEDED):
        store.save(run("20261121-one", status=status))
        assert open_store("laptop").run("20261121-one") == run("20261121-one", status=status)


def test_a_bundle_is_whole_wherever_it_is_opened(open_store):
    store = open_store("task")
    store.create(request("20261121-one"))
    bundle = store.workspace("20261121-one")
    files = {"answer.md": b"42", "data/orders.parquet": b"PAR1\x00", "report.html": "<p>合計</p>".encode()}
    for path, content in files.items():
        (bundle / path).parent.mkdir(exist_ok=True)
        (bundle / path).write_bytes(content)
    saved = run("20261121-one", bundle)
    store.save(saved)
    elsewhere = open_store("laptop").workspace("20261121-one")
    assert {path: (elsewhere / path).read_bytes() for path in files} == files
    assert inventory(elsewhere) == saved.artifacts
    assert json.loads((elsewhere / "run.json").read_text())["id"] == "20261121-one"


def test_files_that_change_or_go_between_two_saves_are_followed(open_store):
    store = open_store("task")
    store.create(request("20261121-one"))
    bundle = store.workspace("20261121-one")
    (bundle / "queries").mkdir()
    (bundle / "queries" / "replaced.sql").write_text("SELECT 1")
    (bundle / "answer.md").write_text("so far")
    store.save(run("20261121-one", bundle))
    (bundle / "queries" / "replaced.sql").unlink()
    (bundle / "answer.md").write_text("the end")
    store.save(run("20261121-one", bundle))
    elsewhere = open_store("laptop").workspace("20261121-one")
    assert (elsewhere / "answer.md").read_text() == "the end"
    assert not (elsewhere / "queries" / "replaced.sql").exists()


def test_runs_come_newest_first(open_store):
    store = open_store("task")
    ids = [f"202611{day}-run" for day in range(10, 30)]
    for run_id in ids:
        store.create(request(run_id))
        store.save(run(run_id))
    assert [each.id for each in open_store("laptop").runs()] == ids[::-1]


@pytest.mark.parametrize("run_id", ["missing", "", "..", "../results", "/etc", "a/b"])
def test_what_is_no_run_is_unknown(open_store, run_id):
    store = open_store("laptop")
    for look in (store.request, store.workspace, store.run):
        with pytest.raises(UnknownRun):
            look(run_id)


def test_a_run_of_another_version_is_an_error_of_one_line(open_store, tmp_path):
    store = open_store("task")
    store.create(request("20261121-one"))
    bundle = store.workspace("20261121-one")
    store.save(run("20261121-one"))
    replace(store, bundle, "run.json", '{"id": 1}')
    with pytest.raises(StoreError, match="not a run of this version") as caught:
        open_store("laptop").run("20261121-one")
    assert "\n" not in caught.value.message


def test_a_request_that_is_none_is_an_error_of_one_line(open_store):
    store = open_store("laptop")
    store.create(request("20261121-one"))
    replace(store, store.workspace("20261121-one"), "request.json", "{}")
    with pytest.raises(StoreError, match="not a request of this version"):
        open_store("task").request("20261121-one")


# ── the bucket ────────────────────────────────────────────────────────────────────────────────────────────────────


def filled(store: S3Store, run_id: str = "20261121-one") -> Path:
    store.create(request(run_id))
    bundle = store.workspace(run_id)
    (bundle / "report.html").write_text("<p>合計</p>", encoding="utf-8")
    (bundle / "answer.md").write_text("42")
    return bundle


def test_a_report_opens_in_a_browser_from_a_presigned_link(s3, tmp_path):
    store = bucket_store(tmp_path / "w")
    store.save(run("20261121-one", filled(store)))
    report = objects(s3)["team/runs/20261121-one/report.html"]
    assert report["ContentType"] == "text/html; charset=utf-8"
    assert (report["ContentEncoding"], report["ContentDisposition"]) == ("gzip", "inline")
    assert gzip.decompress(report["Body"].read()).decode() == "<p>合計</p>"


def test_each_file_has_its_media_type(s3, tmp_path):
    store = bucket_store(tmp_path / "w")
    bundle = filled(store)
    (bundle / "queries").mkdir()
    (bundle / "queries" / "q.sql").write_text("SELECT 1")
    store.save(run("20261121-one", bundle))
    types = {key.rsplit("/", 1)[1]: each["ContentType"] for key, each in objects(s3).items()}
    assert types["run.json"] == types["request.json"] == "application/json"
    assert types["answer.md"] == "text/markdown; charset=utf-8"
    assert types["q.sql"] == "application/sql"


def test_a_save_uploads_what_changed_and_the_run_last(s3, tmp_path):
    written: list[str] = []
    client = aws_session().client("s3")
    client.meta.events.register("before-call.s3.PutObject", lambda params, **_: written.append(params["url_path"]))
    store = S3Store(f"s3://{BUCKET}", tmp_path / "w", client)
    bundle = filled(store)
    store.save(run("20261121-one", bundle))
    assert [path.rsplit("/", 1)[1] for path in written][-1] == "run.json"
    written.clear()
    (bundle / "answer.md").write_text("43")
    store.save(run("20261121-one", bundle))
    assert [path.rsplit("/", 1)[1] for path in written] == ["answer.md", "run.json"]


def test_attachments_that_were_downloaded_are_not_uploaded_again(s3, tmp_path):
    (tmp_path / "prices.csv").write_text("a\n1\n")
    bucket_store(tmp_path / "laptop").create(request("20261121-one", "prices.csv"), (tmp_path / "prices.csv",))
    before = objects(s3)["team/runs/20261121-one/attachments/prices.csv"]["LastModified"]
    written: list[str] = []
    client = aws_session().client("s3")
    client.meta.events.register("before-call.s3.PutObject", lambda params, **_: written.append(params["url_path"]))
    task = S3Store(f"s3://{BUCKET}/team", tmp_path / "task", client)
    task.request("20261121-one")
    task.save(run("20261121-one", task.workspace("20261121-one")))
    assert [path.rsplit("/", 1)[1] for path in written] == ["run.json"]
    assert objects(s3)["team/runs/20261121-one/attachments/prices.csv"]["LastModified"] == before


def test_large_files_go_in_parts_and_come_back_whole(s3, tmp_path):
    parts: list[str] = []
    client = aws_session().client("s3")
    client.meta.events.register("before-call.s3.UploadPart", lambda params, **_: parts.append(params["url_path"]))
    store = S3Store(f"s3://{BUCKET}", tmp_path / "w", client)
    bundle = filled(store)
    (bundle / "data").mkdir()
    (bundle / "data" / "large.parquet").write_bytes(os.urandom(1024) * 20 * 1024)
    saved = run("20261121-one", bundle)
    store.save(saved)
    assert len(parts) == 3
    assert inventory(bucket_store(tmp_path / "l", f"s3://{BUCKET}").workspace("20261121-one")) == saved.artifacts


def test_more_files_than_may_be_open_at_once_are_uploaded_and_removed(s3, tmp_path):
    store = bucket_store(tmp_path / "w")
    bundle = filled(store)
    for number in range(150):
        (bundle / f"{number}.txt").write_text(str(number))
    store.save(run("20261121-one", bundle))
    assert len(objects(s3)) == 154
    for number in range(150):
        (bundle / f"{number}.txt").unlink()
    store.save(run("20261121-one", bundle))
    assert len(objects(s3)) == 4


def test_runs_are_listed_beyond_the_first_page(s3, tmp_path):
    ids = [f"r{number:02d}" for number in range(40)]
    for run_id in ids:
        s3.put_object(Bucket=BUCKET, Key=f"team/runs/{run_id}/run.json", Body=run(run_id).model_dump_json().encode())
    client = aws_session().client("s3")
    client.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_: params.setdefault("MaxKeys", 15)
    )
    listed = S3Store(f"s3://{BUCKET}/team", tmp_path / "w", client).runs()
    assert [each.id for each in listed] == ids[::-1]


@pytest.mark.parametrize("how", ["file", "folder", "fifo"])
def test_a_link_in_place_of_a_listed_file_uploads_nothing_of_this_machine(s3, tmp_path, how):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "orders.csv").write_text("password")
    store = bucket_store(tmp_path / "w")
    bundle = filled(store)
    (bundle / "tables").mkdir()
    (bundle / "tables" / "orders.csv").write_text("a\n1\n")
    listed = run("20261121-one", bundle)
    (bundle / "tables" / "orders.csv").unlink()
    if how == "folder":
        (bundle / "tables").rmdir()
        (bundle / "tables").symlink_to(secret)
    elif how == "file":
        (bundle / "tables" / "orders.csv").symlink_to(secret / "orders.csv")
    else:
        os.mkfifo(bundle / "tables" / "orders.csv")
    store.save(listed)
    assert "team/runs/20261121-one/run.json" in objects(s3)
    assert not [key for key, each in objects(s3).items() if "orders" in key or b"password" in each["Body"].read()]


def test_a_bundle_that_lists_files_outside_of_itself_is_not_followed(s3, tmp_path):
    outside = Artifact(name="x", kind="log", path="../../../outside.txt", media_type="text/plain", bytes=1, sha256="0")
    saved = run("20261121-one").model_copy(update={"artifacts": (outside,)})
    s3.put_object(Bucket=BUCKET, Key="team/runs/20261121-one/run.json", Body=saved.model_dump_json().encode())
    s3.put_object(Bucket=BUCKET, Key="team/outside.txt", Body=b"x")
    with pytest.raises(StoreError, match="outside of itself"):
        bucket_store(tmp_path / "deep" / "w").workspace("20261121-one")
    assert not list(tmp_path.rglob("outside.txt"))


@pytest.mark.parametrize("name", ["../../escape.csv", "/etc/passwd", "a/b.csv", "..", ""])
def test_a_request_cannot_name_an_attachment_outside_of_its_run(s3, tmp_path, name):
    asked = request("20261121-one", name).model_dump_json().encode()
    s3.put_object(Bucket=BUCKET, Key="team/runs/20261121-one/request.json", Body=asked)
    with pytest.raises(InputError, match="not a file's name"):
        bucket_store(tmp_path / "w").request("20261121-one")


def test_a_missing_attachment_is_named(s3, tmp_path):
    asked = request("20261121-one", "gone.csv").model_dump_json().encode()
    s3.put_object(Bucket=BUCKET, Key="team/runs/20261121-one/request.json", Body=asked)
    with pytest.raises(StoreError, match=r"attachments/gone\.csv"):
        bucket_store(tmp_path / "w").request("20261121-one")


def test_without_a_workspace_sessions_of_other_users_can_reach_their_data(s3):
    store = S3Store(f"s3://{BUCKET}", None, aws_session().client("s3"))
    store.create(request("20261121-one"))
    folder = store.workspace("20261121-one")
    reached = [folder, folder.parent, folder.parent.parent]
    assert all(each.stat().st_mode & 0o001 for each in reached)


def refusing(status: int, code: str) -> object:
    """A client whose service answers so."""
    client = aws_session().client("s3")
    said = f"<Error><Code>{code}</Code><Message>{code}\nindeed</Message></Error>".encode()

    def answer(request: object, **_: object) -> object:
        from botocore.awsrequest import AWSResponse

        class Raw:
            def stream(self, **_: object) -> Iterator[bytes]:
                yield said

        return AWSResponse(request.url, status, {}, Raw())

    client.meta.events.register_first("before-send.s3", answer)
    return client


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "NoSuchBucket", "there is no s3://bundles-111122223333"),
        (403, "AccessDenied", "denied"),
        (400, "ExpiredToken", "expired"),
        (403, "InvalidAccessKeyId", "does not accept the credentials"),
        (403, "SignatureDoesNotMatch", "does not accept the credentials"),
        (418, "ImATeapot", "ImATeapot"),
    ],
)
def test_what_aws_refuses_is_one_line_with_a_way_to_mend_it(s3, tmp_path, status, code, said):
    store = S3Store(f"s3://{BUCKET}", tmp_path / "w", refusing(status, code))
    for call in (
        lambda: store.run("20261121-one"),
        lambda: store.request("20261121-one"),
        lambda: list(store.runs()),
        lambda: store.create(request(f"20261121-{code}")),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert said in caught.value.message
        assert "\n" not in caught.value.message
        assert caught.value.hint


def test_a_bucket_that_does_not_exist_is_named(s3, tmp_path):
    with pytest.raises(StoreError, match="there is no s3://no-such-bucket"):
        bucket_store(tmp_path, "s3://no-such-bucket").create(request("20261121-one"))


def test_a_name_that_no_bucket_can_have_is_said_so(s3, tmp_path):
    with pytest.raises(StoreError, match="AWS takes no such name: s3://Two Words"):
        bucket_store(tmp_path, "s3://Two Words").run("20261121-one")


def without_aws(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))


def test_without_a_region_the_user_is_told_to_set_one(monkeypatch, tmp_path):
    without_aws(monkeypatch, tmp_path)
    with pytest.raises(SettingError, match="needs a region") as caught:
        aws_session()
    assert "AWS_REGION" in caught.value.hint


def test_without_credentials_the_user_is_told_how_to_get_some(monkeypatch, tmp_path):
    without_aws(monkeypatch, tmp_path)
    store = S3Store(f"s3://{BUCKET}", tmp_path / "w", aws_session("eu-west-1").client("s3"))
    with pytest.raises(StoreError, match="no AWS credentials"):
        store.run("20261121-one")


def test_a_place_that_cannot_be_reached_is_said_so(monkeypatch, tmp_path):
    without_aws(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    from botocore.config import Config

    once = Config(retries={"total_max_attempts": 1}, connect_timeout=2)
    client = aws_session("eu-west-1").client("s3", endpoint_url="http://127.0.0.1:9", config=once)
    with pytest.raises(StoreError, match="cannot be reached"):
        S3Store(f"s3://{BUCKET}", tmp_path / "w", client).run("20261121-one")


def test_the_store_of_a_setting_is_the_bucket_it_names(s3, tmp_path):
    from kaiseki.build import open_store as opened

    settings = load_settings({}, {"KAISEKI_STORE": f"s3://{BUCKET}", "KAISEKI_WORKSPACE": str(tmp_path / "w")})
    store = opened(settings)
    store.create(request("20261121-one"))
    assert set(objects(s3)) == {"runs/20261121-one/request.json"}
    assert store.workspace("20261121-one") == tmp_path / "w" / "runs" / "20261121-one"
