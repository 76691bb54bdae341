"""The launcher, on servers of its own: one home one run, nothing left behind, up again after the worst."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.databases import address
from tests.scripts.launcher import ALONE, EMBEDDED, gone

SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


@contextmanager
def running(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the launcher on a home until the block ends; the block begins when the servers answer."""
    env_file = home.parent / "env"
    command = [*EMBEDDED, "--home", str(home), "--scratch", "--env-file", str(env_file), "--", "sleep", "600"]
    launcher = subprocess.Popen(command, env=ALONE, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            if env_file.exists():
                break
            assert launcher.poll() is None, launcher.stderr and launcher.stderr.read()
            time.sleep(0.1)
        yield launcher
    finally:
        env_file.unlink(missing_ok=True)
        launcher.terminate()
        launcher.communicate(timeout=60)


def environment_of(home: Path, **env: str) -> dict[str, str]:
    """Return what a command run by the launcher finds in its environment."""
    command = [*EMBEDDED, "--home", str(home), "--scratch", "--", *SHOW]
    done = subprocess.run(command, env=ALONE | env, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def superuser(home: Path, address: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect as the superuser of a private cluster."""
    password = (home / "secrets" / "superuser").read_text().strip()
    host = urlsplit(address).query.removeprefix("host=")
    return psycopg.connect(host=host, user="postgres", password=password, dbname="postgres", autocommit=True)


class TestPrivateServers:
    """PostgreSQL and Valkey of one home."""

    def test_refuse_a_second_start_on_the_same_home_and_stop_when_told(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        with running(home):
            second = subprocess.run(
                [*EMBEDDED, "--home", str(home), "--", "true"], env=ALONE, capture_output=True, text=True
            )
            assert second.returncode == 1
            assert f"Another TrustLedger is running on {home}" in second.stderr
        assert gone(home)

    def test_come_up_again_with_their_data_after_kill_9(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        with running(home) as launcher:
            address = (tmp_path / "env").read_text().split("export DATABASE_URL='")[1].split("'")[0]
            with superuser(home, address) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
            launcher.send_signal(signal.SIGKILL)
            launcher.wait()
        with running(home), superuser(home, address) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        assert gone(home)

    def test_keep_their_secrets_to_themselves(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        first, again = environment_of(home), environment_of(home)
        assert first["SECRET_KEY"] == again["SECRET_KEY"]
        assert first["DATABASE_URL"] == again["DATABASE_URL"]
        for file in (home / "secrets").iterdir():
            assert file.stat().st_mode & 0o077 == 0, file
        assert (home / "secrets").stat().st_mode & 0o077 == 0

    def test_leave_the_folders_above_the_home_as_closed_as_they_were(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        environment_of(closed / "home")
        assert closed.stat().st_mode & 0o777 == 0o700


class TestRealServers:
    """Servers that the caller names."""

    def test_get_a_web_role_that_owns_nothing(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        with running(home):
            lines = (tmp_path / "env").read_text()
            address = lines.split("export DATABASE_URL='")[1].split("'")[0]
            redis = lines.split("export REDIS_URL='")[1].split("'")[0]
            with superuser(home, address) as connection:
                connection.execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'of-the-house'")
            host = urlsplit(address).query
            given = {"DATABASE_URL": f"postgresql://boss:of-the-house@/firm?{host}", "REDIS_URL": redis}
            mine = environment_of(tmp_path / "other", **given)
            assert environment_of(tmp_path / "other", **given)["DATABASE_URL"] == mine["DATABASE_URL"]
            assert urlsplit(mine["OWNER_DATABASE_URL"]).username == "boss"
            assert urlsplit(mine["DATABASE_URL"]).username == "firm_web_test"
            with psycopg.connect(mine["DATABASE_URL"]) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("CREATE TABLE mine (id int)")

    def test_say_so_when_the_owner_may_not_make_a_role(self, tmp_path: Path) -> None:
        powerless = address("DATABASE_URL", "postgres")
        env = ALONE | {"DATABASE_URL": powerless, "REDIS_URL": os.environ["REDIS_URL"]}
        command = [*EMBEDDED, "--home", str(tmp_path / "home"), "--scratch", "--", "true"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "may not make or change the role postgres_web_test" in done.stderr

    def test_are_taken_as_they_are_when_both_roles_are_named(self, tmp_path: Path) -> None:
        given = {name: f"postgresql://{name.lower()}@/firm" for name in ("DATABASE_URL", "OWNER_DATABASE_URL")}
        found = environment_of(tmp_path / "home", REDIS_URL="redis://elsewhere", **given)
        assert {name: found[name] for name in given} == given
        assert not (tmp_path / "home" / "pgdata").exists()
