"""scripts/manage: manage.py for the TrustLedger that ./up is running."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "manage"


def run(home: Path) -> "subprocess.CompletedProcess[str]":
    """Run a harmless command against a home."""
    env = {**os.environ, "TRUSTLEDGER_HOME": str(home)}
    return subprocess.run([SCRIPT, "showmigrations", "--plan"], env=env, capture_output=True, text=True, check=False)


def test_says_that_nothing_is_running(tmp_path: Path) -> None:
    answer = run(tmp_path)
    assert (answer.returncode, answer.stderr) == (1, f"No TrustLedger is running on {tmp_path}: start ./up first.\n")


def test_runs_as_the_web_role_of_the_running_servers(tmp_path: Path) -> None:
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS_FILE", "TRUSTLEDGER_SCRATCH")
    (tmp_path / "env").write_text(
        "".join(f"export {name}='{os.environ[name]}'\n" for name in names if name in os.environ)
    )
    answer = run(tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "ledgers.0001_initial" in answer.stdout
