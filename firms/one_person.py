"""Two accounts of one person: pointed at where they share a name, one person for every two-person rule otherwise.

Rule: FAULTS F119; SPEC two-person rules.
"""

from dataclasses import dataclass

from django.db import connection

from firms.clock import asked
from firms.models import Person
from firms.refusals import Refusal


class OnePersonTwice(Refusal):
    """Whoever decides and whoever asked are two accounts of one person."""

    code = "one_person_twice"
    sentence = (
        "Nothing was done: you and {name}, whose part was the other half, have the same {shares}. Two accounts of one "
        "person are not two people. Another person has to do it; a firm administrator can correct the accounts."
    )


@dataclass(frozen=True)
class Alike:
    """Another account that may be the same person's: `shares` is what both have."""

    person_id: int
    other_id: int
    shares: str
    other: str

    def __str__(self) -> str:
        """Return it as pages say it: "Same mailbox as Dana Reyes"."""
        return f"Same {self.shares} as {self.other}"


def refuse_one_person(person: Person, other: Person) -> None:
    """Hold that two accounts are not one person's.

    Raises:
        OnePersonTwice: they share a mailbox or a second factor, and no solo policy is recorded.
    """
    shares = asked("SELECT shared_by(%s, %s) WHERE NOT solo_policy_applies()", person.pk, other.pk)
    if shares:
        raise OnePersonTwice(name=other.full_name, shares=shares, other=other.pk)


def accounts_alike(person: Person | None = None) -> list[Alike]:
    """Return the active accounts that look like one person: of everybody, or of one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.person, a.other, a.shares, p.full_name FROM accounts_alike(%s) a
                 JOIN firms_person p ON p.id = a.other ORDER BY a.person, p.full_name, a.other""",
            [person.pk if person else None],
        )
        return [Alike(*row) for row in cursor.fetchall()]
