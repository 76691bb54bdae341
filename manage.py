#!/usr/bin/env python
"""Django's command line for TrustLedger."""

import os
import sys

from django.core.management import execute_from_command_line

OWNER_COMMANDS = {"migrate"}  # everything else runs as the web role

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustledger.settings")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["TRUSTLEDGER_AS"] = "owner"
    execute_from_command_line(sys.argv)
