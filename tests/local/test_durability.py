"""What was acknowledged survives a kill of everything, and unfinished stream records are delivered again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.engine import end_leftover, is_engine
from local.engine_repairs.addresses import moved
from local.engine_repairs.records import RecordLog, read_records
from tests.local.laptop import REPOSITORY, Laptop, alive, eventually

pytestmark = pytest.mark.e2e


def test_a_kill_of_everything_loses_no_acknowledged_write_and_no_stream_record(own_laptop: Laptop) -> None:
    own_laptop.start()
    own_laptop.write({"sk": "before", "kind": "note"})
    assert eventually(lambda: own_laptop.tries("consumer", "before"))
    own_laptop.write(*({"sk": f"n{n}", "kind": "note", "fail": 2 if n == 0 else 0} for n in range(5)))
    queue = own_laptop.aws("sqs").create_queue(QueueName="mine")["QueueUrl"]
    own_laptop.aws("sqs").send_message(QueueUrl=queue, MessageBody="still here")
    own_laptop.post("/echo/checkpoint", {})
    family = own_laptop.kill_everything()

    assert eventually(lambda: not any(alive(pid) for pid in family), 5.0), "the engine's workers outlived it"

    own_laptop.start()
    stored = {sk for _, sk in own_laptop.table("NotesTable")}
    assert stored == {"before", "n0", "n1", "n2", "n3", "n4"}
    assert eventually(lambda: all(own_laptop.tries("consumer", f"n{n}") for n in range(5)))
    assert own_laptop.tries("consumer", "before") <= 2
    address = own_laptop.aws("sqs").get_queue_url(QueueName="mine")["QueueUrl"]
    assert own_laptop.aws("sqs").receive_message(QueueUrl=address)["Messages"][0]["Body"] == "still here"

    def published() -> bool:
        events = own_laptop.get("/local/events?limit=1000").json()["events"]
        return {"before", *(f"n{n}" for n in range(5))} <= {event["detail"]["sk"]["S"] for event in events}

    assert eventually(published)

    _a_dead_engine_is_told_and_started_again(own_laptop)
    _a_killed_front_takes_the_engine_along(own_laptop)


def _a_dead_engine_is_told_and_started_again(laptop: Laptop) -> None:
    os.kill(int((laptop.state / "engine.pid").read_text()), signal.SIGKILL)

    answer = laptop.get("/echo/a")

    assert answer.status_code == 502
    assert answer.json()["code"] == "LOCAL_ENGINE_DOWN"
    assert eventually(lambda: laptop.get("/echo/a").status_code == 200)


def _a_killed_front_takes_the_engine_along(laptop: Laptop) -> None:
    engine = int((laptop.state / "engine.pid").read_text())
    assert laptop.process
    laptop.process.send_signal(signal.SIGKILL)
    laptop.process.wait()
    assert eventually(lambda: not alive(engine), 5.0)


def test_a_leftover_engine_is_ended_and_a_stranger_is_not(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    leftover = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)", "local.engine_host"], cwd=REPOSITORY
    )
    pid_file = tmp_path / "engine.pid"
    try:
        assert eventually(lambda: is_engine(leftover.pid))
        pid_file.write_text(str(stranger.pid))
        assert end_leftover(pid_file) is False
        assert stranger.poll() is None
        pid_file.write_text(str(leftover.pid))
        assert end_leftover(pid_file) is True
        assert eventually(lambda: leftover.poll() is not None)
    finally:
        stranger.kill()
        leftover.kill()
        stranger.wait()
        leftover.wait()


def test_a_torn_tail_of_the_journal_ends_it_without_an_error(tmp_path: Path) -> None:
    log = RecordLog(tmp_path / "j")
    for n in range(3):
        log.append({"n": n})
    log.close()
    whole = log.path.read_bytes()

    log.path.write_bytes(whole[:-3])
    assert [record["n"] for record in read_records(log.path)] == [0, 1]
    log.path.write_bytes(whole[:-3] + b"xyz")
    assert [record["n"] for record in read_records(log.path)] == [0, 1]


def test_a_table_write_is_journalled_within_milliseconds(laptop: Laptop) -> None:
    database, name = laptop.aws("dynamodb"), laptop.info()["stack"]["tables"]["NotesTable"]
    item = {"pk": {"S": "speed"}, "sk": {"S": "1"}, "kind": {"S": "other"}}
    database.put_item(TableName=name, Item=item)
    started = time.monotonic()
    for _ in range(50):
        database.put_item(TableName=name, Item=item)

    assert (time.monotonic() - started) / 50 < 0.02


def test_state_from_another_port_names_the_new_one_everywhere() -> None:
    state = {"queues": {("a", "http://127.0.0.1:1/q"): {"url": "http://127.0.0.1:1/q", "n": [1, b"127.0.0.1:1"]}}}

    changed = moved(state, "127.0.0.1:1", "127.0.0.1:22")

    assert changed == {
        "queues": {("a", "http://127.0.0.1:22/q"): {"url": "http://127.0.0.1:22/q", "n": [1, b"127.0.0.1:1"]}}
    }
