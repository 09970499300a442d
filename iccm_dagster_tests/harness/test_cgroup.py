"""Where control groups may be made is read from the kernel's tables; a group caps, counts and goes away."""

import os
from pathlib import Path

import pytest

from iccm_dagster.harness.cgroup import MemoryGroup, MemoryGroups, Place, memory_groups, places

V1_MOUNT = "34 33 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
V2_MOUNT = "40 33 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
OTHER = "41 33 0:32 / /proc rw - proc proc rw\n42 33 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"


def found(own: str, mounts: str) -> list[tuple[str, int]]:
    return [(str(place.folder), place.version) for place in places(own, mounts)]


def test_version_1_is_the_folder_of_this_process():
    assert found("4:memory:/job/a\n1:cpu:/\n", OTHER + V1_MOUNT) == [("/sys/fs/cgroup/memory/job/a", 1)]


def test_version_2_is_tried_in_its_own_group_and_beside_it():
    assert found("0::/user/app\n", V2_MOUNT) == [
        ("/sys/fs/cgroup/unified/user/app", 2), ("/sys/fs/cgroup/unified/user", 2),
    ]  # fmt: skip
    assert found("0::/\n", V2_MOUNT) == [("/sys/fs/cgroup/unified", 2)]


def test_version_2_comes_first_where_there_are_both():
    assert [version for _, version in found("0::/\n4:memory:/\n", V1_MOUNT + V2_MOUNT)] == [2, 1]


def test_a_container_sees_its_own_group_as_the_root():
    mounts = V1_MOUNT.replace(" / /sys", " /docker/x /sys")
    assert found("4:memory:/docker/x/a\n", mounts) == [("/sys/fs/cgroup/memory/a", 1)]


def test_without_control_groups_there_is_nowhere_to_go():
    assert found("", "") == found("1:cpu:/\n", OTHER) == []


def test_a_group_of_version_2_says_the_cap_in_its_words(tmp_path: Path):
    """Plain files stand for the kernel's."""
    group = MemoryGroup(Place(folder=tmp_path, version=2), "g")
    events = tmp_path / "g" / "memory.events"
    events.write_text("oom 1\noom_kill 2\n", encoding="ascii")
    for name in ("cgroup.procs", "memory.swap.max"):
        (tmp_path / "g" / name).touch()
    os.close(group.open(mebibytes=3))
    assert (tmp_path / "g" / "memory.max").read_text("ascii") == str(3 << 20)
    assert (tmp_path / "g" / "memory.swap.max").read_text("ascii") == "0"
    assert not group.overran()
    events.write_text("oom 1\noom_kill 3\n", encoding="ascii")
    assert group.overran()


@pytest.fixture
def groups():
    found = memory_groups()
    if found is None:
        pytest.skip("no control groups can be made here: memory is watched instead")
    yield found
    found.close()


def test_the_kernel_ends_what_exceeds_its_group(groups: MemoryGroups):
    """40 MiB in a group of 100 are fine; in a group of 20, the kernel kills with signal 9."""
    group = groups.take()
    outcomes = []
    for mebibytes in (100, 20):
        members = group.open(mebibytes=mebibytes)
        pid = os.fork()
        if pid == 0:
            os.write(members, b"0")
            held = bytearray(b"x") * (40 << 20)
            os._exit(len(held) == 0)
        os.close(members)
        outcomes.append((os.waitpid(pid, 0)[1], group.overran()))
    groups.give_back(group)
    assert outcomes == [(0, False), (9, True)]


def test_groups_are_used_again_and_removed_at_the_end(groups: MemoryGroups):
    before = set(groups.place.folder.iterdir())
    first, second = groups.take(), groups.take()
    groups.give_back(first)
    assert groups.take() is first and first is not second
    groups.give_back(first)
    groups.give_back(second)
    groups.close()
    assert set(groups.place.folder.iterdir()) <= before


def test_two_owners_in_one_process_do_not_share_groups(groups: MemoryGroups):
    other = MemoryGroups(groups.place)
    first, second = groups.take(), other.take()
    other.give_back(second)
    other.close()
    os.close(first.open(mebibytes=64))
    groups.give_back(first)


def test_groups_of_processes_that_are_gone_are_removed(groups: MemoryGroups):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    left = groups.place.folder / f"iccm-{pid}-0"
    left.mkdir()
    assert memory_groups() is not None and not left.exists()
