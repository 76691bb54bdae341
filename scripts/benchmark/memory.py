"""How much memory an import of 100,000 rows takes, and how long it checks them."""

import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmark.firm import found, open_account
from ledgers.models import TrustAccount

COLUMNS = (
    "Client", "Matter number", "Description", "Responsible attorney", "Trust account", "Balance", "Last activity date",
    "Client e-mail",
)  # fmt: skip


ACCOUNT = "Imported"
CENTS = 123456


def measure(rows: int) -> list[dict[str, Any]]:
    """Return one line: the peak of the process that reads and checks the file (a dry run: nothing is kept)."""
    firm = found()
    if not TrustAccount.objects.filter(name=ACCOUNT).exists():
        open_account(ACCOUNT, firm)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "balances.csv"
        write_balances(path, rows, firm.attorney.full_name, firm.today.isoformat())
        total = f"{rows * CENTS // 100}.{rows * CENTS % 100:02}"
        command = [sys.executable, "manage.py", "import_opening", str(path), "--dry-run"]
        command += [
            "--actor",
            firm.coordinator.email,
            "--cut-over",
            firm.today.isoformat(),
            "--bank",
            f"{ACCOUNT}={total}",
        ]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if done.returncode:
        print(f"{done.stdout[-600:]}\n{done.stderr[-600:]}", flush=True)
    took, passed = round(time.monotonic() - began, 1), done.returncode == 0
    return [{"what": "import, dry run", "rows": rows, "seconds": took, "peak_megabytes": round(peak), "passed": passed}]


def write_balances(path: Path, rows: int, attorney: str, on_date: str) -> None:
    """Write a file of balances as an old system exports it."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            client, matter = f"Client {number // 3:06}", f"I-{number:06}"
            writer.writerow([client, matter, "A case", attorney, ACCOUNT, "1,234.56", on_date, ""])
