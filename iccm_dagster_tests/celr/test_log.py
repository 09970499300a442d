"""The log: torn, corrupt, old and repeated lines, rotation, and SIGKILL at random moments."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict

import pytest

from iccm_dagster.celr.buckets import trajectories_by_bucket
from iccm_dagster.celr.events import event_from_json, event_to_json
from iccm_dagster.celr.log import TrajectoryLog, read_log
from iccm_dagster.celr.states import Action
from iccm_dagster.errors import StorageError
from iccm_dagster_tests.celr.scenes import START, event

LINE = event_to_json(START)


def write(folder, *lines: str | bytes) -> None:
    folder.mkdir(exist_ok=True)
    data = b"".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    (folder / "old.00000.jsonl").write_bytes(data)


def test_what_was_written_is_read(tmp_path):
    events = [
        START,
        event(1, action=Action.RETRY, propensity=0.5, policy="0"),
        event(2, "end", pass_rate=0.25, response="ü\t\n"),
    ]
    with TrajectoryLog(tmp_path, writer="w") as log:
        for one in events:
            log.append(one)
    assert read_log(tmp_path) == (events, [])


def test_it_rotates_and_reads_in_order(tmp_path):
    events = [event(number) for number in range(30)]
    with TrajectoryLog(tmp_path, writer="w", rotate_bytes=4 * len(LINE)) as log:
        for one in events:
            log.append(one)
    assert len(list(tmp_path.iterdir())) > 5
    assert read_log(tmp_path)[0] == events


def test_a_torn_last_line_is_ended_and_set_aside(tmp_path):
    with TrajectoryLog(tmp_path, writer="w") as log:
        log.append(START)
    with (tmp_path / "w.00000.jsonl").open("ab") as stream:
        stream.write(event_to_json(event(1)).encode()[:50])
    with TrajectoryLog(tmp_path, writer="w") as log:
        log.append(event(2))
    events, bad = read_log(tmp_path)
    assert [one.number for one in events] == [0, 2]
    assert [(line.file, line.line) for line in bad] == [("w.00000.jsonl", 2)]


def test_a_whole_last_line_without_its_end_counts(tmp_path):
    write(tmp_path, LINE)
    assert read_log(tmp_path) == ([START], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "a list, not an object"),
        ("null", "a NoneType, not an object"),
        (LINE.replace('"schema":1', '"schema":2'), "schema 2: versions 0 to 1 are known"),
        (LINE.replace('"kind":"start"', '"kind":"party"'), "kind 'party' is none of"),
        (LINE.replace('"kind":"start"', '"kind":["start"]'), "is none of"),
        (LINE.replace('"pass_rate":null', '"pass_rate":1.5'), "pass_rate 1.5 is not in 0-1"),
        (LINE.replace('"pass_rate":null', '"pass_rate":NaN'), "pass_rate nan is not in 0-1"),
        (LINE.replace('"cost":0.0,"seconds"', '"cost":Infinity,"seconds"'), "cost inf is not a finite number"),
        (LINE.replace('"action":null', '"action":"dance"'), "'dance' is not a valid Action"),
        (LINE.replace('"rungs":3', '"rungs":"3"'), "state.rungs is str"),
        (LINE.replace("Write it.", "\\ud800"), "surrogates not allowed"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_reason_and_stops_no_other(tmp_path, line, reason):
    write(tmp_path, LINE, "\n", line, "\n\n", event_to_json(event(1)), "\r\n")
    events, bad = read_log(tmp_path)
    assert [one.number for one in events] == [0, 1]
    assert [one.line for one in bad] == [2]
    assert reason in bad[0].reason


def test_a_line_of_the_first_version_loads_and_is_kept_out_of_training(tmp_path):
    write(
        tmp_path,
        '{"task":"t","application":"a","step":0,"kind":"start"}\n',
        '{"task":"t","application":"a","step":1,"kind":"end"}\n',
    )
    events, bad = read_log(tmp_path)
    assert bad == []
    assert [(one.schema, one.trajectory, one.number, one.split, one.simulated) for one in events] == [
        (0, "t/0", 0, "holdout", True),
        (0, "t/0", 1, "holdout", True),
    ]


def test_keys_that_are_not_known_are_ignored():
    assert event_from_json(LINE.replace('"schema":1', '"schema":1,"colour":"red"')) == START


def test_an_event_that_stands_twice_is_read_once(tmp_path):
    write(tmp_path, LINE, "\n", LINE, "\n")
    assert read_log(tmp_path) == ([START], [])


def test_one_writer_per_name(tmp_path):
    with TrajectoryLog(tmp_path, writer="w"), pytest.raises(StorageError, match="another process"):
        TrajectoryLog(tmp_path, writer="w")


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from iccm_dagster.celr.events import event_from_json
from iccm_dagster.celr.log import TrajectoryLog
first = event_from_json(sys.argv[2])
begin = int(sys.argv[3])
with TrajectoryLog(Path(sys.argv[1]), writer="w", rotate_bytes=20000) as log:
    for number in range(begin, 10**9):
        log.append(replace(first, number=number, response="x" * (number * 37 % 3000)))
        print(number, flush=True)
"""


def test_killed_at_twenty_random_moments_every_completed_event_is_there_once(tmp_path):
    rng, done = random.Random(0), -1
    for _ in range(20):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), LINE, str(done + 1)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(rng.random() * 0.03)
        os.kill(child.pid, signal.SIGKILL)
        said = child.stdout.read().split()
        child.wait()
        events, bad = read_log(tmp_path)
        numbers = [one.number for one in events]
        done = max(numbers)
        assert numbers == list(range(done + 1))
        assert not said or done >= int(said[-1])
        assert len(bad) <= 20
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert raw.count(b'"number":0,') == 1


def mutated(line: bytes, rng: random.Random) -> bytes:
    """Return a line with some bytes changed, dropped, doubled or cut, and no line end in it."""
    data = bytearray(line)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data)) if data else 0
        match rng.randrange(5):
            case 0 if data:
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randint(1, 20)]
            case 2:
                data[place:place] = rng.choice(
                    [b"null", b"{}", b"[", b'"', b"1e999", b"-1", b"\x00", b"\\ud800", b"NaN"]
                )
            case 3:
                del data[place:]
            case _:
                data[place:place] = data[place : place + 10]
    return bytes(data).replace(b"\n", b" ")


def test_ten_thousand_mutated_lines_lose_no_good_one(tmp_path):
    """Every other line is good: all of them are read, whatever stands between."""
    rng = random.Random(0)
    good = [event_to_json(event(number, trajectory="good")).encode() for number in range(10_000)]
    pieces = [part for line in good for part in (line, b"\n", mutated(LINE.encode(), rng), b"\n")]
    write(tmp_path, *pieces)
    events, bad = read_log(tmp_path)
    assert [one.number for one in events if one.trajectory == "good"] == list(range(10_000))
    assert len(bad) > 5_000
    assert {one.line % 2 for one in bad} == {0}


def test_a_log_in_buckets_is_the_same_log(tmp_path):
    with TrajectoryLog(tmp_path, writer="w") as log:
        for run in range(12):
            for number in range(3):
                kind = ("start", "verdict", "end")[number]
                log.append(
                    event(number, kind, trajectory=f"r{run}", task=f"t{run % 4}", action=Action.STOP, pass_rate=0.5)
                )
    with (tmp_path / "w.00000.jsonl").open("ab") as stream:
        stream.write(b'torn\n{"task":"t1"}\n')
    bad = []
    groups = list(trajectories_by_bucket(tmp_path, on_bad=bad.append, bucket_bytes=4000))
    assert len(groups) > 1
    assert sorted(run.id for group in groups for run in group) == sorted(f"r{run}" for run in range(12))
    homes = [{run.task for run in group} for group in groups]
    assert sum(map(len, homes)) == 4  # each task lies in one group
    assert sorted((one.line, one.file) for one in bad) == [(37, "w.00000.jsonl"), (38, "w.00000.jsonl")]


def test_the_line_is_json_that_anybody_can_read():
    assert json.loads(LINE)["state"] == json.loads(json.dumps(asdict(START.state)))
