//! Promise: in a real browser the page sorts, searches, unfolds and zooms, asks nothing from outside and reports no error.
//!
//! Needs Chromium's driver (`chromedriver`); where it is not installed the test says so and judges nothing.
#![cfg(all(feature = "html", unix))]

#[path = "common/browser.rs"]
mod browser;

use browser::Browser;
use perf_core::Session;
use perf_core::report::Page;

const HOSTILE: &str = "<img src=x onerror=\"document.title='owned'\">";

/// A page with a few sites, a tree and a name that would like to be markup.
fn page() -> String {
    let session = Session::options("page").report(false).paths(true).start();
    for i in 0..2_000 {
        let _outer = perf_core::span!(HOSTILE);
        let _inner = perf_core::span!("browser inner");
        if i % 4 == 0 {
            let _rare = perf_core::span!("browser rare");
        }
    }
    Page::new("page").snapshot(&session.finish()).html()
}

#[test]
fn it_works_in_chromium() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("page.html");
    std::fs::write(&file, page()).expect("writable");
    let Some(mut browser) = Browser::start() else {
        eprintln!("not tested here: no chromedriver; the page was not opened in a browser");
        return;
    };
    browser.open(&format!("file://{}", file.display()));

    // Nothing of the hostile name came alive, and nothing was asked for.
    assert_eq!(browser.run("return document.title"), "page");
    assert_eq!(browser.run("return document.images.length"), 0);
    let asked = "return performance.getEntriesByType('resource').length";
    assert_eq!(browser.run(asked), 0);

    let first_site =
        "return document.querySelector('table.sorted > tbody').rows[0].cells[0].textContent";
    let click = |column: &str| {
        format!(
            "[...document.querySelectorAll('thead button')].find(b => b.textContent.startsWith('{column}')).click(); {first_site}"
        )
    };
    // By calls, descending: the two with 2,000 before the rare one; then ascending.
    assert_ne!(browser.run(&click("calls")), "browser rare");
    assert_eq!(browser.run(&click("calls")), "browser rare");

    let search = "const i = document.querySelector('[data-search]'); i.value = 'RARE'; i.dispatchEvent(new Event('input')); \
                  return [...document.querySelectorAll('table.sorted > tbody')].filter(b => !b.hidden).length";
    assert_eq!(browser.run(search), 1);

    let unfold = "const d = document.querySelector('table.sorted details'); d.querySelector('summary').click(); \
                  return d.open && d.querySelector('svg.large').getBoundingClientRect().height > 50";
    assert_eq!(browser.run(unfold), true);

    let zoom = "const b = [...document.querySelectorAll('svg.icicle > svg')].pop(); const before = b.width.baseVal.value; \
                b.dispatchEvent(new MouseEvent('click', {bubbles: true})); const wide = b.width.baseVal.value; \
                document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'})); \
                return wide >= before && wide > 900 && Math.abs(b.width.baseVal.value - before) < 1";
    assert_eq!(browser.run(zoom), true);

    let theme = "const paper = () => getComputedStyle(document.body).backgroundColor; const before = paper(); \
                 document.querySelector('[data-theme-switch]').click(); return before !== paper()";
    assert_eq!(browser.run(theme), true);

    // At the width of a telephone nothing but the tables scrolls sideways.
    browser.resize(360, 800);
    let fits = "return document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.run(fits), true);

    assert_eq!(browser.errors(), Vec::<String>::new());
}
