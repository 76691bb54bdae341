"""Who works at Whitfield & Marsh LLP, and whom it serves. All names and numbers are made up."""

from dataclasses import dataclass

from firms.models import Role

FIRM = "Whitfield & Marsh LLP"
PASSWORD = "trust in every ledger"  # noqa: S105  # printed by ./up; the demonstration holds no real money


@dataclass(frozen=True)
class Member:
    """Somebody of the firm; `key` is how the story speaks of them."""

    key: str
    full_name: str
    roles: tuple[Role, ...]

    @property
    def email(self) -> str:
        """Return the address, at a domain that exists nowhere."""
        return f"{self.full_name.split()[0].lower()}@whitfieldmarsh.example"


MEMBERS = (
    Member("coordinator", "Dana Brooks", (Role.COORDINATOR,)),
    Member("second_coordinator", "Sam Ito", (Role.COORDINATOR,)),
    Member("third_coordinator", "Rosa Delgado", (Role.COORDINATOR,)),
    Member("attorney", "Maya Okafor", (Role.ATTORNEY,)),
    Member("litigator", "Daniel Reyes", (Role.ATTORNEY,)),
    Member("family", "Priya Raman", (Role.ATTORNEY,)),
    Member("estates", "Sean O’Connell", (Role.ATTORNEY,)),
    Member("real_estate", "Lena Fischer", (Role.ATTORNEY,)),
    Member("supervisor", "Theo Marsh", (Role.SUPERVISOR, Role.ATTORNEY)),
    Member("partner", "Grace Whitfield", (Role.PARTNER,)),
    Member("auditor", "Bea Hollis", (Role.AUDITOR,)),
    Member("administrator", "Ivo Petrov", (Role.ADMINISTRATOR,)),
)
COORDINATORS = ("coordinator", "second_coordinator", "third_coordinator")
ATTORNEYS = ("attorney", "litigator", "family", "estates", "real_estate", "supervisor")

PEOPLE = """
Jane Smith; John O’Doe; Marta Kowalska; Zoë Ångström; Nguyễn Thị Mai; Carlos Ibarra; Li Míng; Aisha Karim; Tom
Brennan; Olga Petrova; Hannah Weiss; Luis Ortega; Fatima Haddad; Grant McAllister; Yuki Tanaka; Peter Novák;
Rachel Stein; Omar Farouk; Beth Halvorsen; Dev Patel; Sofia Rossi; Kwame Mensah; Ingrid Larsen; Paul D’Angelo;
Mei Chen; Viktor Horváth; Ruth Calder; Andre Dubois; Nora Fitzgerald; Samuel Osei; Elena Popescu; Marcus Webb;
Leila Nazari; Joan Pritchard; Diego Morales; Anna Lindqvist; Walter Kim; Rosa Jiménez; Patrick Boyle; Tara
Singh; Hugo Bergmann; Amara Nwosu; Felix Braun; Lucille Barnes; Ravi Menon
"""
ORGANIZATIONS = """
Kestrel Holdings LLC; Bright Dental LLC; Harbor Street Partners; Northgate Properties Inc.; Delmar & Sons
Roofing; Cedar Hill Homeowners Association; Blue Fern Bakery LLC; Atlas Freight Co.; St. Brendan’s Parish;
Quill & Ink Publishing; Riverside Montessori School; Sable Software Inc.; Pinewood Clinic PC; O’Hara Marine
Services; Meridian Title Agency
"""

CASES = {
    "litigator": (
        "Litigation",
        ("v. Jones", "v. Acme Insurance", "contract dispute", "wage claim", "v. Metro Transit"),
    ),
    "attorney": (
        "Business",
        ("formation", "lease review", "asset purchase", "shareholder agreement", "general counsel"),
    ),
    "family": ("Family", ("dissolution", "custody modification", "adoption", "mediation")),
    "estates": ("Estates", ("estate administration", "guardianship", "trust amendment", "probate")),
    "real_estate": ("Real estate", ("closing", "title dispute", "purchase and sale", "zoning appeal")),
    "supervisor": ("Personal injury", ("injury claim", "settlement", "premises liability")),
}
PAYEES = (
    ("Clerk of the Court", "Filing fee"),
    ("Hudson Process Servers", "Service of process"),
    ("Dr. Alan Pierce", "Expert report"),
    ("Empire Court Reporting", "Deposition transcript"),
    ("County Recorder", "Recording fees"),
    ("Lakeside Mediation Center", "Mediator’s fee"),
    ("Meridian Appraisals", "Appraisal"),
    ("Secretary of State", "Certified copies"),
    ("Orion Title Insurance Co.", "Title search"),
)


def clients() -> list[tuple[str, str]]:
    """Return the sixty clients as (name, kind)."""
    people = [(" ".join(name.split()), "person") for name in PEOPLE.split(";")]
    return people + [(" ".join(name.split()), "organization") for name in ORGANIZATIONS.split(";")]
