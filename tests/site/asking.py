"""What a page is asked once it is open: quiet, readable, complete, moving, in every look."""

from __future__ import annotations

SLOWEST_MATH = 1500  # milliseconds from the load event to the last formula


def check_quiet(page: object) -> None:
    """Nothing asked of the network, nothing complained about."""
    assert page.outside == []
    assert page.errors == []


def check_readable(page: object) -> None:
    images = page.evaluate("[...document.images].map(i => [i.src.slice(0, 80), i.alt.trim(), i.naturalWidth])")
    assert [src for src, alt, _ in images if not alt] == [], "images without alt text"
    assert [src for src, _, width in images if not width] == [], "images that do not show"
    wrong = page.evaluate("[...document.querySelectorAll('[data-mjx-error]')].map(e => e.dataset.mjxError)")
    assert wrong == [], "formulas that MathJax cannot set"


def check_shapes(page: object) -> None:
    squeezed = page.evaluate(
        """[...document.querySelectorAll('figure img')].filter(i => i.clientWidth > 0 &&
          Math.abs(i.clientWidth / i.clientHeight / (i.naturalWidth / i.naturalHeight) - 1) > 0.15).map(i => i.alt)"""
    )
    assert squeezed == [], "figures whose proportions are not kept"


def check_width(page: object, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate(
        """width => [...document.querySelectorAll('article *')].filter(e => {
          if (e.getBoundingClientRect().right <= width + 1 || getComputedStyle(e).position === 'absolute') return false;
          for (let p = e.parentElement; p; p = p.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(p).overflowX)) return false;
          return true;
        }).map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.slice(0, 60))""",
        width,
    )
    assert wide == [], f"wider than a screen of {width} pixels"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def check_looks(page: object) -> None:
    """Dark, on a phone, in print; the page is left in light and wide."""
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(background) != light
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    check_width(page, 390)
    check_shapes(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="print")
    assert not page.locator(".bd-sidebar-primary").is_visible(), "the contents of the book are not printed"
    assert page.locator("h1:visible").count() == 1 and page.locator("article p").first.is_visible()
    check_shapes(page)
    page.emulate_media(media="screen")


def milliseconds_to_mathematics(page: object) -> float:
    """From the load event to the last formula."""
    loaded, done, count = page.evaluate(
        """async () => {
          while (!window.mathematicsDone) await new Promise(done => setTimeout(done, 5));
          return [performance.getEntriesByType('navigation')[0].loadEventStart, window.mathematicsDone,
                  document.querySelectorAll('mjx-container').length];
        }"""
    )
    assert count > 0
    return done - loaded


def state(root: object) -> dict:
    """What an explore shows: picture, alt text, values, what a screen reader says, readout."""
    return root.evaluate(
        """root => ({src: root.querySelector('img.explore-frame').src, alt: root.querySelector('img.explore-frame').alt,
                    values: [...root.querySelectorAll('.explore-value')].map(v => v.textContent),
                    said: [...root.querySelectorAll('input')].map(i => i.getAttribute('aria-valuetext')),
                    readout: (root.querySelector('.explore-readout') || {}).textContent || ''})"""
    )


def check_controls(page: object) -> None:
    """Every control of the page moves its picture."""
    figures = page.locator("figure.explore")
    for i in range(figures.count()):
        root = figures.nth(i)
        controls = root.locator("[data-axis]")
        for k in range(controls.count()):
            before = state(root)
            control = controls.nth(k)
            if control.evaluate("c => c.type === 'range'"):
                control.focus()
                page.keyboard.press("End" if control.evaluate("c => c.value !== c.max") else "Home")
                assert state(root)["values"] != before["values"]
            else:
                control.select_option(index=1)
            assert state(root)["alt"] != before["alt"]
            assert state(root)["src"] != before["src"], f"{root.get_attribute('id')}: control {k} changes no pixel"
