"""Every component, on one page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from firms.models import Person
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean


@pytest.fixture
def gallery(page_as: PageAs, settings: Any, transactional_db: None) -> Page:
    settings.ROOT_URLCONF = "tests.browser.gallery_urls"
    template = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**template, "DIRS": [*template["DIRS"], Path(__file__).parent / "templates"]}]
    person = Person.objects.create_user("dana@firm.test", "a long enough one", full_name="Dana Reyes")
    return page_as(person, "/gallery")


def test_the_components_are_clean(gallery: Page) -> None:
    assert_clean(gallery, "components")


def test_a_refused_form_takes_the_focus_and_keeps_what_was_typed(gallery: Page) -> None:
    gallery.get_by_label("Amount").first.fill("12,50x")
    key = gallery.locator("form.tl-form input[name=idempotency_key]").first.get_attribute("value")
    gallery.get_by_role("button", name="Record receipt").click()
    expect(gallery.locator("[data-error-summary]").first).to_be_focused()
    amount = gallery.locator("form.tl-form input[name=amount]").first
    expect(amount).to_have_value("12,50x")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(gallery.locator("#id_amount_error").first).to_have_text("Enter a number.")
    assert key
    expect(gallery.locator("form.tl-form input[name=idempotency_key]").first).to_have_value(key)
    assert_clean(gallery, "components-refused")


def test_a_matter_is_picked_by_typing_alone(gallery: Page) -> None:
    field = gallery.get_by_role("combobox", name="Matter").first
    field.focus()
    gallery.keyboard.type("kestrel")
    expect(gallery.locator(".tl-options:visible [role=option]")).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    gallery.keyboard.press("Enter")
    expect(field).to_have_value("2026-0077")
    expect(gallery.locator("output").first).to_contain_text("Kestrel Holdings closing")
    gallery.keyboard.press("Tab")
    gallery.keyboard.type("acme")
    gallery.keyboard.press("Enter")
    expect(gallery.locator("select[name=payer]").first).to_have_value("2")


def test_enter_before_the_answer_takes_what_was_typed_and_never_what_was_offered_before(gallery: Page) -> None:
    def slowly(route: Route) -> None:
        answer = route.fetch()
        gallery.wait_for_timeout(300)
        route.fulfill(response=answer)

    field = gallery.get_by_role("combobox", name="Matter").first
    field.focus()
    gallery.keyboard.type("smith")
    expect(gallery.locator(".tl-options:visible [role=option]").first).to_contain_text("Smith")
    gallery.route("**/gallery/options*", slowly)
    for leave in ("Enter", "Tab"):
        field.fill("")
        field.focus()
        gallery.keyboard.type("kestrel")
        gallery.keyboard.press(leave)
        expect(field).to_have_value("2026-0077")
    assert "refused" not in gallery.url


def test_the_question_mark_lists_the_keys_and_a_key_leads_on(gallery: Page) -> None:
    gallery.keyboard.press("?")
    dialog = gallery.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("New receipt")
    assert_clean(gallery, "shortcuts")
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("n")
    gallery.wait_for_url("**/gallery?refused=1")


def test_keys_can_be_switched_off(gallery: Page) -> None:
    gallery.keyboard.press("?")
    gallery.get_by_label("Keys work on this computer").uncheck()
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("n")
    gallery.keyboard.press("?")
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    assert "refused" not in gallery.url


def test_the_menu_folds_on_a_telephone(gallery: Page) -> None:
    gallery.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a dict of width and height
    menu = gallery.get_by_role("button", name="Menu")
    expect(gallery.locator("summary", has_text="Dana Reyes")).to_be_hidden()
    menu.click()
    expect(gallery.locator("summary", has_text="Dana Reyes")).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
