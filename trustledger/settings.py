"""The one settings file. Everything that differs between machines comes from the environment.

DATABASE_URL is the role this process runs as: the web role, which owns nothing. Only `migrate` (and the launcher of
the demonstration and the tests) is given OWNER_DATABASE_URL.
"""

from pathlib import Path

import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def secret(name: str, default: str | None = None) -> str:
    """Return a secret from NAME_FILE (a mounted file) or NAME."""
    path = env.str(f"{name}_FILE", default="")
    if path:
        return Path(path).read_text().strip()
    return str(env.str(name, default=default) if default is not None else env.str(name))


HOME = Path(env.str("TRUSTLEDGER_HOME", default=str(BASE_DIR / "var")))
DEMO = env.bool("TRUSTLEDGER_DEMO", default=False)
SECRET_KEY = secret("SECRET_KEY")
DEBUG = False
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
SECURE = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "csp",
    "firms",
    "ledgers",
    "disbursements",
    "reconciliation",
    "retainers",
    "notifications",
    "compliance",
    "trustledger",
]
ROOT_URLCONF = "trustledger.urls"
WSGI_APPLICATION = "trustledger.wsgi.application"
DATABASES = {"default": env.db_url_config(secret("DATABASE_URL"))}
DATABASES["default"] |= {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
AUTH_USER_MODEL = "firms.Person"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
