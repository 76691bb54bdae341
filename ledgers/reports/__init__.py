"""The same rows as files: CSV and XLSX by one writer, PDF by templates."""
