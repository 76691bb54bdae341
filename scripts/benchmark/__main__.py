"""Measure what was asked for, print tables, write JSON."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import django


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("what", nargs="*", default=["postings", "approvals", "reads", "memory"])
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--runs", type=int, default=5, help="interleaved; the median counts")
    parser.add_argument("--ledgers", type=int, default=10_000, help="of the account that is posted to")
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="that the books hold when 100,000 matters are read"
    )
    parser.add_argument("--rows", type=int, default=100_000, help="of the file whose import is measured")
    parser.add_argument("--json", type=Path, default=Path("bench-result.json"))
    return parser.parse_args()


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows of like columns as text."""
    names = [name for name in rows[0] if name != "runs"]
    cells = [names, *[[str(row[name]) for name in names] for row in rows]]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def main() -> int:
    """Migrate the servers, measure, report."""
    options = arguments()
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=os.environ)
    django.setup()
    result: dict[str, list[dict[str, Any]]] = {}
    if "postings" in options.what:
        from benchmark import postings

        result["postings"] = postings.measure(options.seconds, options.runs, options.ledgers)
    if "approvals" in options.what:
        from benchmark import approvals

        result["approvals"] = approvals.measure(options.seconds, options.runs, options.ledgers)
    if "reads" in options.what:
        from benchmark import reads

        result["reads"] = reads.measure(options.lines)
    if "memory" in options.what:
        from benchmark import memory

        result["memory"] = memory.measure(options.rows)
    for name, rows in result.items():
        print(f"\n{name}\n{table(rows)}", flush=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(row.get("passed", True) for rows in result.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
