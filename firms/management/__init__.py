"""What the installer does at the command line."""
