from datetime import datetime
from pathlib import Path

import pytest

from kaiseki.errors import SettingError
from kaiseki.settings import load_service_settings, load_settings


def test_without_configuration_everything_is_local():
    settings = load_settings({}, {})
    assert (settings.warehouse, settings.store, settings.model) == ("duckdb:input", "folder:results", "offline")


def test_what_is_kept_between_runs_lies_in_the_users_cache_unless_a_setting_says_otherwise():
    assert load_settings({}, {}).cache == Path("~/.cache/kaiseki")
    assert load_settings({}, {"XDG_CACHE_HOME": "/home/a/kept"}).cache == Path("/home/a/kept/kaiseki")
    assert load_settings({}, {"KAISEKI_CACHE": "here"}).cache == Path("here")
    assert load_settings({}, {"KAISEKI_CACHE": "none"}).cache is None


def test_a_flag_wins_over_the_environment():
    environment = {"KAISEKI_MODEL": "bedrock/us.anthropic.claude-sonnet-5", "KAISEKI_WAREHOUSE": "duckdb:elsewhere"}
    settings = load_settings({"model": "offline", "store": None}, environment)
    assert settings.model == "offline"
    assert settings.warehouse == "duckdb:elsewhere"


def test_numbers_of_the_budget_are_settings():
    settings = load_settings({"budget_steps": "3"}, {"KAISEKI_BUDGET_USD": "0.5"})
    assert (settings.budget.steps, settings.budget.usd) == (3, 0.5)


def test_the_time_taken_for_now_can_be_set():
    settings = load_settings({"clock": "2026-11-21T09:00:00+09:00"}, {})
    assert settings.now == datetime.fromisoformat("2026-11-21T00:00:00+00:00")


def test_an_unknown_setting_is_named_with_the_nearest():
    with pytest.raises(SettingError) as caught:
        load_settings({}, {"KAISEKI_MODELL": "offline"})
    assert "KAISEKI_MODELL" in caught.value.message
    assert "KAISEKI_MODEL" in caught.value.hint


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"budget_steps": "many"}, "budget_steps"),
        ({"budget_steps": "0"}, "budget_steps"),
        ({"budget_usd": "-1"}, "budget_usd"),
        ({"clock": "yesterday"}, "clock"),
        ({"warehouse": "snowflake:x"}, "warehouse"),
        ({"warehouse": "duckdb:"}, "warehouse"),
        ({"store": "results"}, "store"),
        ({"store": "s3://"}, "store"),
    ],
)
def test_a_wrong_value_names_the_setting_and_the_way_to_mend_it(flags, named):
    with pytest.raises(SettingError) as caught:
        load_settings(flags, {})
    assert named in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_personal_columns_are_veiled_unless_they_are_named():
    assert not load_settings({}, {}).show_personal.covers("", "users", "email")
    assert load_settings({}, {"KAISEKI_SHOW_PERSONAL": "users.email"}).show_personal.covers("", "users", "email")
    with pytest.raises(SettingError, match=r"show_personal is wrong: .*write all, or columns"):
        load_settings({}, {"KAISEKI_SHOW_PERSONAL": "email"})


def test_other_programs_variables_are_left_alone():
    assert load_settings({}, {"PATH": "/bin", "AWS_REGION": "eu-west-1"}).region is None


def test_a_recording_is_a_path():
    assert load_settings({"record": "replies.jsonl"}, {}).record == Path("replies.jsonl")


def test_a_task_of_the_service_is_set_up_by_its_environment():
    settings = load_settings(
        {},
        {
            "KAISEKI_STORE": "s3://bundles/team",
            "KAISEKI_RECORDS": "dynamodb:runs",
            "KAISEKI_EVENT_BUS": "kaiseki",
            "KAISEKI_ENVIRONMENT": "prod",
            "KAISEKI_WORKSPACE": "/workspace/results",
        },
    )
    assert (settings.store, settings.records) == ("s3://bundles/team", "dynamodb:runs")
    assert (settings.event_bus, settings.environment) == ("kaiseki", "prod")
    assert settings.workspace == Path("/workspace/results")
    assert settings.heartbeat_seconds == 15


def test_a_run_is_the_callers_own_unless_records_are_named():
    assert load_settings({}, {}).records is None


@pytest.mark.parametrize(
    ("variable", "value"), [("KAISEKI_RECORDS", "postgres:runs"), ("KAISEKI_HEARTBEAT_SECONDS", "0")]
)
def test_a_wrong_setting_of_the_service_is_named(variable, value):
    with pytest.raises(SettingError, match=variable.removeprefix("KAISEKI_").lower()):
        load_settings({}, {variable: value})


def test_where_the_record_is_can_be_read_although_another_setting_is_wrong():
    environment = {"KAISEKI_RECORDS": "dynamodb:runs", "KAISEKI_BUDGET_USD": "much", "KAISEKI_MODELL": "offline"}
    assert load_service_settings(environment).records == "dynamodb:runs"
