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


def measure(rows: int) -> list[dict[str, Any]]:
    """Return one line: the peak of the process that reads and checks the file (a dry run: nothing is kept)."""
    firm = found()
    name = "Imported"
    if not TrustAccount.objects.filter(name=name).exists():
        open_account(name, firm)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "balances.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number in range(rows):
                client = f"Client {number // 3:06}"
                writer.writerow(
                    [
                        client,
                        f"I-{number:06}",
                        "A case",
                        firm.attorney.full_name,
                        name,
                        "1,234.56",
                        firm.today.isoformat(),
                        "",
                    ]
                )
        command = [
            sys.executable,
            "manage.py",
            "import_opening",
            str(path),
            "--dry-run",
            "--actor",
            firm.coordinator.email,
        ]
        command += [
            "--cut-over",
            firm.today.isoformat(),
            "--bank",
            f"{name}={rows * 123456 // 100}.{rows * 123456 % 100:02}",
        ]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if done.returncode:
        print(f"{done.stdout[-600:]}\n{done.stderr[-600:]}", flush=True)
    return [{
        "what": "import, dry run", "rows": rows, "seconds": round(time.monotonic() - began, 1),
        "peak_megabytes": round(peak), "passed": done.returncode == 0,
    }]  # fmt: skip
