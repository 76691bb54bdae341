"""What every test stands on: real servers, the web role, the firm's clock."""

import os
import pickle
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connections, transaction
from django.test import TransactionTestCase

from tests import databases

if TYPE_CHECKING:
    from tests.access.world import World
    from tests.cast import Cast

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # synchronous Playwright runs a loop in this thread


def pytest_configure(config: pytest.Config) -> None:
    """Give every worker its own Valkey database, and cheap password hashing, before settings are used."""
    from django.conf import settings

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    number = 1 + (int(worker.removeprefix("gw")) if worker.startswith("gw") else 100)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:6]
    settings.CACHES["default"]["KEY_PREFIX"] = f"{databases.PREFIX}:{run}:{number}"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{databases.PREFIX}.{run}.{number}."
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    databases.WORKER = f"{databases.PREFIX}_{run}_{worker}"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Clone this worker's database and point the `default` connection, which is the web role's, at it."""
    from tests.faults.crowd import everybody_goes_home

    template, name = databases.ensure_template(), databases.WORKER
    databases.clone(template, name)
    use_database(name)

    def start_afresh(case: TransactionTestCase) -> None:
        everybody_goes_home()
        connections.close_all()
        databases.clone(template, name)

    kept = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = start_afresh  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = kept  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        connections.close_all()
    with databases.maintenance() as connection:
        databases.drop(connection, name)


def use_database(name: str) -> None:
    """Point the `default` connection at another database."""
    from django.conf import settings

    connections.close_all()
    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def built_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[bytes]:
    """Build the firm with one of everything once for a worker, in a database of its own; return it, pickled."""
    from tests.access.world import built

    name = f"{databases.WORKER}_world"
    databases.clone(databases.ensure_template(), name)
    use_database(name)
    with django_db_blocker.unblock():
        with transaction.atomic():
            world = built()
        use_database(databases.WORKER)
    yield pickle.dumps(world)
    with databases.maintenance() as connection:
        databases.drop(connection, name)


@pytest.fixture
def database_of_the_world(built_world: bytes) -> Iterator[None]:
    """Let a test work in the database of the world; what it does there is undone as everywhere."""
    use_database(f"{databases.WORKER}_world")
    yield
    use_database(databases.WORKER)


@pytest.fixture
def world(database_of_the_world: None, db: None, built_world: bytes) -> "World":
    """Return the firm with one of everything on either side of the wall."""
    found: World = pickle.loads(built_world)  # our own
    return found


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Let no test meet the rate limits and used codes that another one left in the cache."""
    from django.core.cache import cache

    cache.key_prefix = f"{databases.PREFIX}:{uuid.uuid4().hex}"


@pytest.fixture
def owner(django_db_setup: None) -> Iterator["psycopg.Connection[Any]"]:
    """Connect to this worker's database as the owner, with autocommit: sees only what a test has committed."""
    with psycopg.connect(databases.address("OWNER_DATABASE_URL", databases.WORKER), autocommit=True) as owners:
        yield owners


@pytest.fixture
def at(db: None) -> Iterator[Callable[[str], None]]:
    """Set the firm's clock: `at("2026-03-02 10:00-05")`; on this test's own connection, until the test ends."""

    def set_clock(instant: str) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT set_config('trustledger.now', %s, false)", [instant])

    yield set_clock
    if connections["default"].connection is not None and not connections["default"].needs_rollback:
        set_clock("")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the browser unpacked beside the checkout, or the system's; the shell without a window is a third faster."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not executable:
        pytest.fail("there is no chromium: ./check installs it")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": executable, "args": flags}


@pytest.fixture
def cast(db: None) -> "Cast":
    """Assemble the firm of the tests."""
    from tests.cast import assemble

    return assemble()
