"""The settings as production reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import CHECKOUT

SHOW = """
import json
from trustledger import settings as s
print(json.dumps({
    "user": s.WEB_ROLE, "as_owner": s.AS_OWNER, "connects_as": s.DATABASES["default"]["USER"],
    "broker": s.CELERY_BROKER_URL, "cookie": s.SESSION_COOKIE_NAME, "secure": s.SESSION_COOKIE_SECURE,
    "mail_host": s.EMAIL_HOST, "mail_tls": s.EMAIL_USE_TLS, "key": s.SECRET_KEY,
    "options": s.DATABASES["default"]["OPTIONS"]["options"], "storage": s.STORAGES["staticfiles"]["BACKEND"],
}))
"""
SECRETS = {
    "DATABASE_URL": "postgresql://web:w%2Fp@postgres:5432/books",
    "OWNER_DATABASE_URL": "postgresql://boss:b@postgres:5432/books",
    "REDIS_URL": "redis://:r@valkey:6379/0",
    "SECRET_KEY": "k" * 64,
    "EMAIL_URL": "smtp+tls://u:p@mail.example.com:587",
}


def settings_with(folder: Path, **env: str) -> dict[str, object]:
    """Return settings read in a process of their own, all secrets from files."""
    for name, value in SECRETS.items():
        (folder / name).write_text(value + "\n")
    files = {f"{name}_FILE": str(folder / name) for name in SECRETS}
    plain = {"PATH": os.environ["PATH"], "BASE_URL": "https://trust.example.com"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=CHECKOUT, env=plain | files | env, capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


class TestSettings:
    """Secrets from files, the web role, cookies of an https site."""

    def test_run_as_the_web_role_with_time_limits(self, tmp_path: Path) -> None:
        found = settings_with(tmp_path, TRUSTLEDGER_IMAGE="1")
        assert (found["user"], found["connects_as"], found["as_owner"]) == ("web", "web", False)
        assert "statement_timeout=15s" in str(found["options"])
        assert found["storage"] == "whitenoise.storage.CompressedManifestStaticFilesStorage"
        assert (found["cookie"], found["secure"]) == ("__Host-session", True)
        assert (found["mail_host"], found["mail_tls"]) == ("mail.example.com", True)
        assert found["key"] == SECRETS["SECRET_KEY"]

    def test_run_as_the_owner_only_for_migrate(self, tmp_path: Path) -> None:
        found = settings_with(tmp_path, TRUSTLEDGER_AS="owner")
        assert (found["user"], found["connects_as"]) == ("web", "boss")
        assert "statement_timeout" not in str(found["options"])

    @pytest.mark.parametrize(
        ("address", "broker"),
        [
            ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
            ("rediss://:p@valkey:6379/1", "rediss://:p@valkey:6379/1"),
        ],
    )
    def test_name_the_broker_as_celery_wants_it(self, tmp_path: Path, address: str, broker: str) -> None:
        found = settings_with(tmp_path, REDIS_URL=address, REDIS_URL_FILE="")
        assert found["broker"] == broker
