"""`kaiseki sandbox session`: the code interpreter as other programs use it, by lines of JSON."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "kaiseki", "sandbox", "session"]
GUIDE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def answers(*requests: str, flags: tuple[str, ...] = ()) -> dict[Any, dict[str, Any]]:
    """The answers by their ids."""
    said = subprocess.run(
        [*COMMAND, *flags], input="\n".join(requests) + "\n", capture_output=True, text=True, timeout=100
    )
    assert (said.returncode, said.stderr) == (0, "")
    found = [json.loads(line) for line in said.stdout.splitlines()]
    return {answer["id"]: answer for answer in found}


def request(number: int, name: str, arguments: dict[str, Any] | None = None, **beside: Any) -> str:
    return json.dumps({"id": number, "name": name, "arguments": arguments or {}, **beside})


def stdout(answer: dict[str, Any]) -> str:
    return str(answer["result"]["structuredContent"]["stdout"]).strip()


def test_the_example_of_the_guide_gives_what_the_guide_says() -> None:
    requests, shown = re.findall(r"```json\n(.*?)\n```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    given = answers(*requests.splitlines())

    expected = json.loads(shown)
    expected["sessionId"] = given[2]["sessionId"]
    expected["result"]["structuredContent"]["executionTime"] = given[2]["result"]["structuredContent"]["executionTime"]
    assert given[2] == expected
    assert [stdout(given[number]) for number in (2, 3, 4)] == ["42", "2", "3"]
    assert [given[number]["result"]["isError"] for number in (1, 2, 3, 4, 5)] == [False, False, False, False, True]
    assert "NameError" in given[5]["result"]["structuredContent"]["stderr"]


def test_files_travel_as_text_and_as_base64() -> None:
    given = answers(
        request(
            1, "writeFiles", {"content": [{"path": "d/x.bin", "blob": "AAEC/w=="}, {"path": "t.txt", "text": "解析"}]}
        ),
        request(2, "readFiles", {"paths": ["d/x.bin", "t.txt"]}),
        request(3, "listFiles", {"directoryPath": "d"}),
        request(4, "removeFiles", {"paths": ["d"]}),
        request(5, "readFiles", {"paths": ["d/x.bin"]}),
        request(6, "writeFiles", {"content": [{"path": "y", "blob": "not base64!"}]}),
    )

    blob, text = (part["resource"] for part in given[2]["result"]["content"])
    assert (blob["blob"], text["text"]) == ("AAEC/w==", "解析")
    assert [link["name"] for link in given[3]["result"]["content"]] == ["x.bin"]
    assert not given[4]["result"]["isError"]
    assert given[5]["result"]["isError"]
    assert "not base64" in given[6]["error"]["message"]


def test_what_is_no_request_is_answered_in_one_line_and_the_next_is_served() -> None:
    given = answers(
        "nonsense",
        request(5, "stopCodeInterpreterSession"),
        request(1, "getTask", {"path": "x"}),
        request(2, "executeCode"),
        request(3, "executeCode", {"code": 1}),
        request(4, "executeCode", {"code": "1"}, sessionId="unknown"),
        request(6, "executeCode", {"code": "1"}, timeout=-1),
        request(7, "executeCode", {"code": "1", "language": "javascript"}),
        request(8, "executeCode", {"code": "6 * 7"}),
    )

    codes = {number: given[number]["error"]["code"] for number in (None, *range(1, 8))}
    assert codes == {
        **dict.fromkeys((None, 1, 2, 3), "request"),
        **dict.fromkeys((4, 5), "session.unknown"),
        **dict.fromkeys((6, 7), "input"),
    }
    assert all("\n" not in given[number]["error"]["message"] for number in codes)
    assert stdout(given[8]) == "42"


def test_a_call_has_a_timeout_of_its_own_and_the_session_goes_on() -> None:
    given = answers(
        request(1, "executeCode", {"code": "while True: pass"}, timeout=0.5),
        request(2, "executeCode", {"code": "while True: pass"}),
        request(3, "executeCode", {"code": "6 * 7"}, timeout=60),
        flags=("--timeout", "0.5"),
    )

    assert [given[number]["result"]["outcome"] for number in (1, 2, 3)] == ["killed", "killed", "ok"]


def test_sessions_are_started_used_side_by_side_and_stopped_at_once() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None

        def ask(line: str) -> None:
            assert program.stdin is not None
            program.stdin.write(line + "\n")
            program.stdin.flush()

        def hear() -> dict[str, Any]:
            assert program.stdout is not None
            answer = json.loads(program.stdout.readline())
            assert isinstance(answer, dict)
            return answer

        ask(request(1, "startCodeInterpreterSession", {"sessionTimeoutSeconds": 600}))
        busy = hear()["sessionId"]
        ask(request(2, "executeCode", {"code": "import time; time.sleep(600)"}, sessionId=busy, timeout=600))
        ask(request(3, "executeCode", {"code": "6 * 7"}))
        free = hear()
        assert (free["id"], stdout(free)) == (3, "42")
        ask(request(4, "listCodeInterpreterSessions"))
        assert [each["sessionId"] for each in hear()["items"]] == [busy, free["sessionId"]]
        ask(request(5, "stopCodeInterpreterSession", sessionId=busy))
        told = {answer["id"]: answer for answer in (hear(), hear())}
        assert told[5] == {"id": 5, "sessionId": busy}
        assert "it was stopped" in told[2]["result"]["content"][-1]["text"]
        ask(request(6, "executeCode", {"code": "1"}, sessionId=busy))
        assert hear()["error"]["code"] == "session.ended"
        program.stdin.close()
        assert program.wait(60) == 0


def test_ctrl_c_ends_it_whatever_is_under_way() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(request(1, "executeCode", {"code": "1"}) + "\n")
        program.stdin.write(request(2, "executeCode", {"code": "import time; time.sleep(600)"}) + "\n")
        program.stdin.flush()
        assert json.loads(program.stdout.readline())["id"] == 1
        program.terminate()
        assert program.wait(60) == 130
