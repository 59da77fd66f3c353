"""What a reader does: move a slider, filter the ledger, search in two languages, unfold a card, switch to dark."""

from __future__ import annotations

import pytest
from asking import state

from scispaces.reading.site import records

ONE = "chapters/mathematics/sample-one.html"


def test_slider_moves_by_keyboard(visit, small_site):
    page = visit(small_site / ONE)
    root = page.locator("figure.explore").first
    slider = root.locator("input[type=range]").nth(1)
    before = state(root)
    slider.focus()
    page.keyboard.press("ArrowRight")
    after = state(root)
    assert after["src"] != before["src"]
    assert after["alt"] != before["alt"]
    assert (before["values"], after["values"]) == (["0", "1"], ["0", "1.5"])
    assert after["said"] == ["0", "1.5"]
    assert (before["readout"], after["readout"]) == ("area = 2.72", "area = 4.48")
    page.keyboard.press("Home")
    assert state(root)["readout"] == "area = 1.00"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert state(root) == before, "the way back leads to the same picture"
    assert page.errors == []


def test_slider_is_named_and_spoken(visit, small_site):
    page = visit(small_site / ONE)
    for name in ("shear a", "time t"):
        assert page.get_by_role("slider", name=name).count() == 1
    assert page.locator(".explore-readout").get_attribute("aria-live") == "polite"


def test_slider_works_by_mouse_on_a_phone(visit, small_site):
    page = visit(small_site / ONE, width=390)
    root = page.locator("figure.explore").first
    slider = root.locator("input[type=range]").first
    before = state(root)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
    assert state(root)["src"] != before["src"]
    assert state(root)["values"][0] == "1"


def test_without_scripts_the_first_picture_shows(browser, small_site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((small_site / ONE).as_uri())
    assert page.locator("figure.explore img").first.is_visible()
    assert not page.locator("figure.explore input").first.is_visible(), "a slider that cannot move is not shown"
    context.close()


def shown(page):
    return page.locator(".ledger-row:visible").count()


def test_ledger_filters(visit, small_book, small_site):
    total = len(records.read_book(small_book).claims)
    page = visit(small_site / "about/ledger.html")
    assert shown(page) == total
    page.locator("[data-filter=verdict]").select_option("refuted")
    assert shown(page) == 6, "four refuted, and two that refute a false version of themselves"
    assert page.locator(".ledger-count").text_content() == f"6 of {total} claims"
    page.locator("[data-filter=verdict]").select_option("proof")
    assert shown(page) == 6
    page.locator("[data-filter=verdict]").select_option("proved-from-a-checked-premise")
    assert shown(page) == 1
    page.locator("[data-filter=verdict]").select_option("unread")
    assert shown(page) == 1
    page.locator("[data-filter=verdict]").select_option("")
    page.locator("[data-filter=chapter]").select_option("sample-two")
    assert shown(page) == 1
    page.locator("[data-filter=chapter]").select_option("")
    page.locator("[data-filter=kind]").select_option("bound")
    assert shown(page) == 4
    page.locator("[data-filter=kind]").select_option("")
    page.locator("[data-filter=text]").fill("jacobi adj")
    assert shown(page) == 1
    for words in ("unique one", "integrated(a, t"):  # the name of a clause, what was checked
        page.locator("[data-filter=text]").fill(words)
        assert shown(page) == 1
    page.locator("[data-filter=text]").fill("nothing holds this")
    assert shown(page) == 0
    assert page.locator(".ledger-none").is_visible()
    assert page.errors == []


def test_ledger_filter_from_the_address(visit, small_site):
    page = visit(small_site / "about/ledger.html", query="?verdict=proved-scoped&chapter=sample-one")
    assert shown(page) == 1
    assert page.locator(".ledger-row:visible .ledger-id").text_content() == "jacobi-formula"


def test_ledger_row_tells_the_claim(visit, small_site):
    page = visit(small_site / "about/ledger.html")
    row = page.locator("#ledger-sample-one-jacobi-formula")
    row.locator("summary").click()
    row.locator("mjx-container").wait_for(timeout=5000)
    body = row.text_content()
    assert "k = 1..4" in body
    assert "falls with it" in body
    assert "sine-law" in body, "a claim of another chapter that rests on this one"
    assert "necessary" in body
    row.get_by_role("link", name="equation", exact=True).click()
    page.wait_for_url("**/sample-one.html#equation-sample-one-jacobi-formula")
    assert page.locator("#equation-sample-one-jacobi-formula .equation-badge").is_visible()


def test_badge_opens_the_card(visit, small_site):
    page = visit(small_site / ONE)
    page.locator("#equation-sample-one-jacobi-formula .equation-badge").click()
    assert page.locator("#claim-sample-one-jacobi-formula .evidence").is_visible()


def test_chapter_badges_lead_to_the_filtered_ledger(visit, small_site):
    page = visit(small_site / ONE)
    page.locator(".claim-badges .v-refuted").first.click()
    page.wait_for_url("**/ledger.html?*")
    assert shown(page) == 6


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("梯度", "sample-one"),
        ("方程", "sample-one"),
        ("梯度下降", "sample-one"),
        ("正交", "sample-two"),
        ("迹", "notation"),
        ("determinant", "sample-one"),
        ("jacobi", "sample-one"),
    ],
)
def test_search_finds(visit, small_site, query, found):
    page = visit(small_site / "search.html", query=f"?q={query}")
    page.locator("#search-results li a").first.wait_for(timeout=5000)
    page.wait_for_function("!document.querySelector('#search-progress') || !/\\.\\.$/.test(document.title)")
    page.wait_for_timeout(300)
    hits = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    assert any(found in hit for hit in hits), hits
    assert page.errors == []


def test_search_does_not_find_what_is_not_there(visit, small_site):
    page = visit(small_site / "search.html", query="?q=度方")
    page.wait_for_timeout(1000)
    assert page.locator("#search-results li a").count() == 0


def test_theme_switch(visit, small_site):
    page = visit(small_site / ONE)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    for _ in range(2):
        page.locator("button.theme-switch-button").first.click()
    modes = {page.evaluate("document.documentElement.dataset.theme")}
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(colour) != light
    assert modes <= {"light", "dark"}
    assert page.errors == []


def test_landing_shows_the_counts_of_the_ledger(visit, small_book, small_site):
    book = records.read_book(small_book)
    page = visit(small_site / "intro.html")
    assert page.locator("[data-count=claims]").text_content() == str(len(book.claims))
    assert page.locator("[data-count=proofs]").text_content() == "6"
    assert page.locator("[data-count=errata]").text_content() == "6"
    assert page.locator(".wall-squares a").count() == len(book.claims)
    assert page.locator(".specimen mjx-container").count() == 1
    bottom = page.locator(".specimen").evaluate("e => e.getBoundingClientRect().bottom")
    assert bottom <= 900, "what the book is fits one screen"
    page.locator(".wall-squares a").first.click()
    page.wait_for_url("**/sample-one.html#equation-sample-one-jacobi-formula")


def test_errata_list_every_refuted_claim(visit, small_book, small_site):
    book = records.read_book(small_book)
    page = visit(small_site / "about/errata.html")
    assert page.locator(".erratum").count() == sum(c.is_refuted for c in book.claims.values()) == 6
    mixed = page.locator("#erratum-sample-one-with-matrix")
    mixed.scroll_into_view_if_needed()
    mixed.locator(".erratum-instead mjx-container").first.wait_for(timeout=5000)
    instead = mixed.locator(".erratum-instead").first
    assert instead.locator("[data-mml-node=mtable]").count() == 2, "matrices are set as matrices"
    assert mixed.locator(".erratum-false mjx-container").count() == 0, "what is displayed holds"
    assert "exp(A) = 1 + A" in mixed.locator(".erratum-false").text_content()
    assert "Fails at t = 1: left side 2, right side 3" in " ".join(mixed.text_content().split())
    denied = page.locator("#erratum-sample-one-three-clauses")
    denied.scroll_into_view_if_needed()
    denied.locator(".erratum-false mjx-container").wait_for(timeout=5000)
    assert "≠" not in denied.locator(".erratum-false mjx-container").text_content()
