"""Everything that ./check and CI run, stage by stage, on scratch servers: the house rules first, then the tests."""

import concurrent.futures
import os
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
PRODUCTION = {
    "BASE_URL": "https://trust.example.com",
    "ALLOWED_HOSTS": "trust.example.com",
    "TRUSTLEDGER_SCRATCH": "",
    "TRUSTLEDGER_DEMO": "",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def stages() -> dict[str, list[str]]:
    """Return the checks that come before the tests."""
    return {
        "ruff": [f"{BIN}/ruff", "check", "--output-format", "concise", "."],
        "ruff format": [f"{BIN}/ruff", "format", "--check", "--quiet", "."],
        "import order of the house": [f"{BIN}/lint-imports", "--no-cache"],
        "mypy": [f"{BIN}/mypy"],
        "templates": [f"{BIN}/djlint", "templates", "--lint", "--quiet"],
        "docker-compose.yml": [
            f"{BIN}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"
        ],
        "Dockerfile": [f"{BIN}/hadolint", "Dockerfile"],
        "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
        "check --deploy": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    }  # fmt: skip


def run_stage(name: str, command: list[str]) -> bool:
    """Run one stage quietly; print what it said only when it failed."""
    env = os.environ | (PRODUCTION if name == "check --deploy" else {})
    started = time.monotonic()
    done = subprocess.run(command, check=False, cwd=CHECKOUT, env=env, capture_output=True, text=True)
    took = time.monotonic() - started
    if done.returncode:
        print(f"FAILED {name} ({took:.1f} s)\n{done.stdout}{done.stderr}", flush=True)
    else:
        print(f"ok     {name} ({took:.1f} s)", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Run all stages, and the tests even after a failed one; `--rules`: of the tests only those of the architecture."""
    print("--- house rules", flush=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        passed = all(list(pool.map(run_stage, stages(), stages().values())))
    if arguments == ["--rules"]:
        shapes = [sys.executable, "-m", "pytest", "-q", "--no-header", "tests/architecture"]
        return 0 if subprocess.run(shapes, check=False, cwd=CHECKOUT).returncode == 0 and passed else 1
    print("--- tests: real servers, as the web role, in random order, warnings are errors", flush=True)
    # two more than the processors: with one more they were idle for a third of the time, waiting for browsers and disks
    os.environ.setdefault("PYTEST_XDIST_AUTO_NUM_WORKERS", str((os.cpu_count() or 1) + 2))
    tests = [sys.executable, "-m", "pytest", "-n", "auto", "-q", *arguments]
    tested = subprocess.run(tests, check=False, cwd=CHECKOUT).returncode == 0
    print("--- all is well" if passed and tested else "--- not all is well", flush=True)
    return 0 if passed and tested else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
