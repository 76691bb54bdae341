"""Letters with a link to set a password: the key is made when the letter leaves, and is kept nowhere.

Rule: issue 3, show 5; DECISIONS 27.
"""

import re

import pytest
from django.db import connection
from django.test import Client as Browser

from firms import people
from firms.models import OutboxEvent, Person
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast
from tests.firms.cast import browser_of, give_second_factor
from tests.notifications.conftest import Mailroom

pytestmark = pytest.mark.django_db
KEY = re.compile(r"/account/password/reset/key/\w+?-([\w-]+)/")


def key_in(mailroom: Mailroom, number: int = -1) -> str:
    """Return the key in a letter; its text and its HTML name the same one."""
    parts = [part for part in mailroom.received[number].walk() if part.get_content_maintype() == "text"]
    (key,) = {found for part in parts for found in KEY.findall(str(part.get_content()))}
    return str(key)


def tables_with(word: str) -> list[str]:
    """Return the tables in which a word stands, in whatever column of whatever row."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} x WHERE x::text LIKE %s", [f"%{word}%"])
            if cursor.fetchone() != (0,):
                found.append(table)
    return found


def invited(cast: Cast) -> Person:
    give_second_factor(cast.administrator)
    browser_of(cast.administrator).post("/people/new/", {"full_name": "Nina Vale", "email": "nina@firm.example"})
    return Person.objects.get(email="nina@firm.example")


def sent(cast: Cast) -> Person:
    give_second_factor(cast.administrator)
    browser_of(cast.administrator).post(f"/people/{cast.coordinator.pk}/password-link/")
    return cast.coordinator


def forgotten(cast: Cast) -> Person:
    Browser().post("/account/password/reset/", {"email": cast.coordinator.email})
    return cast.coordinator


@pytest.mark.parametrize("way", [invited, sent, forgotten])
def test_a_key_lies_in_no_column_of_any_table(cast: Cast, mailroom: Mailroom, way: object) -> None:
    person: Person = way(cast)  # type: ignore[operator]
    assert not KEY.search(str(list(OutboxEvent.objects.values_list("payload", "dedupe"))))
    relay()
    assert mailroom.recipients[-1] == [person.email]
    key = key_in(mailroom)
    assert tables_with(key) == []
    assert tables_with(key.partition("-")[2]) == []  # nor what of it is secret
    notice = Notice.objects.get(person=person)
    assert (notice.state, "-personal-link/" in notice.text) == (Notice.State.SENT, True)
    path = people.password_link(person, key).removeprefix("http://localhost:8000")
    assert "Location" in Browser().get(path).headers


def test_a_letter_that_is_sent_again_has_a_new_key_and_both_end_with_the_password(
    cast: Cast, mailroom: Mailroom
) -> None:
    mailroom.answers_to_data = ["drop", "250 OK"]  # accepted, and we never heard of it
    person = invited(cast)
    relay()
    Notice.objects.update(next_attempt_at="2020-01-01T00:00Z")
    relay()
    assert len(mailroom.received) == 2
    path = people.password_link(person, key_in(mailroom)).removeprefix("http://localhost:8000")
    browser = Browser()
    form = browser.get(path).headers["Location"]
    browser.post(form, {"password1": "a quite new phrase", "password2": "a quite new phrase"})
    for number in (0, 1):
        old = people.password_link(person, key_in(mailroom, number)).removeprefix("http://localhost:8000")
        assert "Location" not in Browser().get(old).headers


def test_nobody_who_has_left_is_sent_a_key(cast: Cast, mailroom: Mailroom) -> None:
    sent(cast)
    people.deactivate(cast.administrator, cast.coordinator)
    relay()
    assert mailroom.received == []
