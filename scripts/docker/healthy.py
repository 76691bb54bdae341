"""The container's health check: does the web process answer, and its database and cache behind it?"""

import sys
import urllib.request

if __name__ == "__main__":
    with urllib.request.urlopen("http://localhost:8000/healthz", timeout=4) as answer:
        sys.exit(answer.status != 200)
