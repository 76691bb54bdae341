"""What the books answer: finished, frozen rows, by set-based SQL. The same rows feed page, API, CSV, XLSX and PDF."""
