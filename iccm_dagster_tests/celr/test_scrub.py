"""Secrets never reach the log or a file that is learned from."""

import pytest

from iccm_dagster.celr.events import event_from_json, event_to_json
from iccm_dagster.celr.log import TrajectoryLog, read_log
from iccm_dagster.celr.scrub import REMOVED, scrubbed, secrets_in
from iccm_dagster_tests.celr.scenes import event

SECRETS = (
    "sk-" + "proj-A1b2" * 6,
    "ghp_" + "a1B2" * 9,
    "hf_" + "Ab12" * 9,
    "AKIA" + "ABCD1234" * 2,
    "xoxb-" + "123456-abcdef",
    "eyJhbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".SflKxwRJSMeKKF2QT4",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n+/=\n-----END RSA PRIVATE KEY-----",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_is_taken_out_and_what_stands_around_it_stays(secret):
    assert scrubbed(f'key = "{secret}"  # mine') == f'key = "{REMOVED}"  # mine'


def test_what_leads_a_secret_stays_readable():
    assert scrubbed("Authorization: Bearer " + "abc123." * 5) == f"Authorization: Bearer {REMOVED}"
    assert scrubbed("postgres://me:hunter2@host/db") == f"postgres://{REMOVED}@host/db"


@pytest.mark.parametrize(
    "code",
    [
        "token = self._next_token(kind='number', password_length=12)",
        "def api_key(user): return user.secret",
        "re.compile(r'[a-z]+://[^:]+:[^@]+@')",
        "user@example.org",
        'f"{scheme}://{user}:{password}@{host}"',
    ],
)
def test_code_that_only_speaks_of_secrets_is_left_as_it_is(code):
    assert scrubbed(code) == code


def test_values_of_variables_named_like_keys_count_as_secrets():
    environment = {"OPENAI_API_KEY": "0123456789", "MY_token": "abcdefgh", "KEYBOARD": "qwertzuiop", "A_KEY": "short"}
    assert secrets_in(environment) == ("0123456789", "abcdefgh")


def test_the_log_holds_no_secret_and_neither_does_what_is_read_from_an_older_one(tmp_path):
    """Written by this version: not on the disk. Written by another: not in the events."""
    secret = SECRETS[0]
    with TrajectoryLog(tmp_path / "new", writer="w") as log:
        log.append(event(0, "attempt", prompt=f"use {secret}", response=f"k = '{secret}'", error=f"401 for {secret}"))
    raw = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir())
    assert secret.encode() not in raw
    old = event_to_json(event(0, "attempt", response="k = 'X'")).replace("'X'", f"'{secret}'")
    assert event_from_json(old).response == f"k = '{REMOVED}'"
    (one,), _ = read_log(tmp_path / "new")
    assert (one.prompt, one.response, one.error) == (f"use {REMOVED}", f"k = '{REMOVED}'", f"401 for {REMOVED}")
