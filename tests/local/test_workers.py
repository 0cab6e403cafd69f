"""The processes of the functions: forked from one, with one copy of the layer, and started anew whatever ends them."""

from __future__ import annotations

import os
import signal

import pytest

from tests.local.laptop import Laptop, alive, children, eventually

pytestmark = pytest.mark.e2e


def test_workers_are_forked_and_share_a_layer_and_one_that_is_killed_is_replaced(own_laptop: Laptop) -> None:
    own_laptop.start()
    engine = int((own_laptop.state / "engine.pid").read_text())
    (nursery,) = children(engine)
    workers = children(nursery)
    assert len(workers) >= len(own_laptop.info()["stack"]["functions"])
    scratch = own_laptop.state / "engine" / "tmp"
    assert len(list((scratch / "layers").iterdir())) == 1
    assert not list(scratch.glob("ministack-lambda-*/layer_0"))

    _end(*workers)
    own_laptop.write({"sk": "after the workers", "kind": "note"})
    assert children(nursery)


def test_without_the_process_to_fork_from_workers_start_by_themselves(own_laptop: Laptop) -> None:
    own_laptop.start()
    engine = int((own_laptop.state / "engine.pid").read_text())
    (nursery,) = children(engine)
    workers = children(nursery)
    _end(nursery)
    assert eventually(lambda: not any(alive(pid) for pid in workers), 5.0), "the workers outlived what they came from"
    own_laptop.write({"sk": "after the nursery", "kind": "note"})
    assert eventually(lambda: own_laptop.tries("consumer", "after the nursery"))
    assert [each for each in children(engine) if alive(each)]


def _end(*processes: int) -> None:
    for each in processes:
        os.kill(each, signal.SIGKILL)
    assert eventually(lambda: not any(alive(each) for each in processes), 5.0)
