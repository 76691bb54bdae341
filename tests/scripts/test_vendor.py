"""What the pages load from static/vendor is what was fetched and hashed."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_vendored_files_are_the_hashed_ones() -> None:
    done = subprocess.run([sys.executable, "scripts/vendor", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_icon_a_template_names_is_in_the_sprite() -> None:

    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))
    named = re.compile(r"""{%\s*icon "([^"]+)"|icon="([^"]+)\"""")
    used = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for pair in named.findall(template.read_text())
        for name in pair
        if name
    }
    assert used - sprite == set()
