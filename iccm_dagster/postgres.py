"""A private PostgreSQL cluster from the installed binaries, for people without a server: ``python -m iccm_dagster.postgres``.

It listens on no network, only on a socket in its own folder, and lets in nobody but the user who made it: there is no
password to keep. PostgreSQL refuses to run as root; started by root, it runs as the user ``postgres`` (or ``nobody``).

Covered: start, stop, a crash of the server or of the machine (it recovers at the next start).
Not covered: backups, replicas, upgrades of the data to a newer major version.
"""

import argparse
import getpass
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.errors import ICCMError, StorageError

URL_VARIABLE = "ICCM_POSTGRES"
"""Where the instance and the registry of applications look for their server."""
DATABASE = "iccm"
# A longer path does not fit into the address of a socket.
SOCKET_PATH_LIMIT = 100
PATIENCE_S = 60


def with_driver(url: str) -> str:
    """Return a database URL that names the driver which is installed.

    A bare ``postgresql://`` means psycopg 3 since SQLAlchemy 2.1; dagster-postgres brings psycopg2.
    """
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in ("postgresql", "postgres") else url


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster in one folder."""

    folder: Path
    """Holds ``data/`` (the databases), ``socket/`` and ``server.log``; absolute."""
    settings: Mapping[str, str]
    """Server settings beyond its defaults, e.g. ``{"fsync": "off"}`` for a cluster that is thrown away."""

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its database."""
        return f"postgresql+psycopg2://{DATABASE}@/{DATABASE}?host={self._socket}"

    @property
    def running(self) -> bool:
        """Whether its server is up."""
        return (self._data / "PG_VERSION").exists() and self._control("status").returncode == 0

    def start(self) -> None:
        """Make the cluster where there is none, start its server, make its database; nothing to do where it runs.

        Raises:
            StorageError: PostgreSQL is not installed, may not use the folder, or did not come up.
        """
        if len(str(self._socket)) > SOCKET_PATH_LIMIT:
            raise StorageError(
                f"{self._socket} has {len(str(self._socket))} characters, a socket's folder may have {SOCKET_PATH_LIMIT}. "
                "Choose a shorter folder: make postgres CLUSTER=/var/tmp/iccm"
            )
        if not (self._data / "PG_VERSION").exists():
            self._create()
        if self.running:
            return
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            **self.settings,
        }
        done = self._control(
            "start",
            "-w",
            "-t",
            str(PATIENCE_S),
            "-l",
            str(self._log),
            "-o",
            " ".join(f"-c {k}='{v}'" for k, v in options.items()),
        )
        if done.returncode:
            raise StorageError(f"PostgreSQL did not start: {_tail(self._log) or done.stderr.strip()} ({self._log})")
        self._make_database()

    def stop(self, *, mode: str) -> None:
        """Stop the server: "fast" ends its sessions, "immediate" is a crash."""
        if self.running:
            self._control("stop", "-w", "-m", mode)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    @property
    def _log(self) -> Path:
        return self.folder / "socket" / "server.log"

    def _create(self) -> None:
        server = _server_user()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for part in (self._data, self._socket):
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(mode=0o700 if part == self._data else 0o755)
                os.chown(part, server.pw_uid, server.pw_gid)
        except OSError as error:
            raise StorageError(
                f"{self.folder} cannot be written: {error}. Choose another: make postgres CLUSTER=..."
            ) from error
        done = self._as_server(
            "initdb",
            "-D",
            str(self._data),
            "-U",
            DATABASE,
            "-E",
            "UTF8",
            "--locale=C",
            "--auth-local=peer",
            "--auth-host=reject",
        )
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise StorageError(
                f"no cluster could be made in {self.folder} as user {server.pw_name}: {done.stderr.strip()[-500:]}. "
                "That user must be able to reach the folder: make postgres CLUSTER=/var/tmp/iccm"
            )
        # Who made the cluster, and who runs it, are the same role in it.
        people = {getpass.getuser() if os.getuid() else "root", server.pw_name}
        (self._data / "pg_ident.conf").write_text(
            "".join(f"iccm {name} {DATABASE}\n" for name in sorted(people)), "utf-8"
        )
        (self._data / "pg_hba.conf").write_text("local all all peer map=iccm\n", encoding="utf-8")

    def _make_database(self) -> None:
        done = self._as_server("createdb", "-h", str(self._socket), "-U", DATABASE, DATABASE)
        if done.returncode and "already exists" not in done.stderr:
            raise StorageError(f"the database {DATABASE} could not be made: {done.stderr.strip()}")

    def _control(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._as_server("pg_ctl", verb, "-D", str(self._data), *arguments)

    def _as_server(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        server = _server_user()
        drop = {} if os.getuid() else {"user": server.pw_uid, "group": server.pw_gid, "extra_groups": []}
        # Its own session: Ctrl-C in the terminal ends what the person started there, and not the database under it.
        return subprocess.run(
            [str(_binaries() / program), *arguments],
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            **drop,
        )


def _binaries() -> Path:
    """Return the folder with the server's programs, the newest where there are several."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise StorageError(
            "PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql). Install it (apt-get install postgresql), "
            f"or set {URL_VARIABLE} to a server you have."
        )
    return versions[-1].parent


def _server_user() -> pwd.struct_passwd:
    if os.getuid():
        return pwd.getpwuid(os.getuid())
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-500:].strip() if log.exists() else ""


def main(argv: Sequence[str] | None = None) -> int:
    """Start, stop or show the cluster; 0 when it is as asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m iccm_dagster.postgres", description="A private PostgreSQL cluster."
    )
    parser.add_argument(
        "verb", choices=["start", "stop", "status", "url"], help="url: start where needed, print the URL only"
    )
    parser.add_argument("--folder", type=Path, default=Path(".dagster_postgres"), help="where it lies (%(default)s)")
    arguments = parser.parse_args(argv)
    cluster = Cluster(folder=arguments.folder.resolve(), settings={})
    try:
        given = os.environ.get(URL_VARIABLE)
        if arguments.verb == "url":
            if not given:
                cluster.start()
            print(with_driver(given) if given else cluster.url)
            return 0
        if arguments.verb == "start":
            cluster.start()
        elif arguments.verb == "stop":
            cluster.stop(mode="fast")
        running = cluster.running
    except ICCMError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{cluster.folder}: {f'running, {URL_VARIABLE}={cluster.url!r}' if running else 'not running'}")
    return int(arguments.verb == "start" and not running)


if __name__ == "__main__":
    sys.exit(main())
