"""What the sandbox must hold against; the file of facts beside this one is written for each self-test."""

import facts
import probe


def test_files__of_the_machine_are_out_of_sight():
    assert not probe.can_open(facts.SECRET)


def test_files__passwords_are_out_of_sight():
    assert not probe.can_open("/etc/shadow")
    assert not probe.can_open("/etc/passwd")


def test_files__tests_are_out_of_sight():
    assert probe.find({"test_probe.py", "facts.py"}, ["/cache", "/tests", "/tmp", "/work", "/dev", "/proc"]) == []


def test_files__libraries_are_read_only():
    import os

    assert not any(
        probe.can_write(folder) for folder in ("/", "/usr/lib", "/harness", "/cache", os.path.dirname(os.__file__))
    )


def test_network__no_sockets_but_local_ones():
    assert probe.families() == []


def test_network__no_abstract_sockets_of_the_machine():
    assert not probe.can_connect(facts.LISTENER)


def test_processes__nobody_else_is_seen():
    assert probe.process() == 1
    assert probe.processes_seen() == []


def test_processes__nobody_else_is_reached():
    assert not probe.signals_everybody()


def test_processes__their_number_is_limited():
    assert probe.forks(3 * facts.PROCESSES) <= facts.PROCESSES


def test_environment__is_empty():
    allowed = {"HOME", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONHASHSEED", "PYTHONUTF8", "TMPDIR", "TZ", "PWD"}
    assert set(probe.environment()) <= allowed
    assert not probe.can_open("/proc/1/environ")


def test_environment__no_descriptor_is_inherited():
    assert probe.descriptors() <= 2


def test_privileges__there_are_none():
    assert not probe.becomes_root()
    assert probe.capabilities() == [0, 0, 0, 0, 0, 0]


def test_system_calls__dangerous_ones_are_refused():
    assert probe.system_calls() == []


def test_memory__of_one_process_is_limited():
    assert not probe.allocates(facts.MEMORY_MIB + 1)


def test_memory__of_all_processes_together_is_fatal():
    probe.hoards(facts.MEMORY_MIB // 4, 8)


def test_memory__of_temporary_files_is_limited():
    assert probe.fills("/tmp", 2 * facts.OUTPUT_MIB) <= facts.OUTPUT_MIB
    assert probe.fills("/dev/shm", 2 * facts.OUTPUT_MIB) <= facts.OUTPUT_MIB


def test_persistence__nothing_stays_for_the_next_run():
    assert probe.leave("/tmp", "mark-" + facts.MARK) == []
    assert probe.leave("/dev/shm", "mark-" + facts.MARK) == []


def test_clock__a_hang_ends():
    probe.hang()
