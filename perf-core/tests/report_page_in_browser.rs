//! Promise: in a real browser the page sorts, searches, unfolds and zooms, asks nothing from outside and reports no error.
//!
//! Needs Chromium's driver (`chromedriver`); where it is not installed the test says so and judges nothing.
#![cfg(all(feature = "html", unix))]

#[path = "common/browser.rs"]
mod browser;

use browser::Browser;
use perf_core::report::Page;
use perf_core::{ResourceUnit, Series, Session};

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

/// What a keyboard or a screen reader would stumble over: controls and pictures without a name, links that lead nowhere, ids given twice.
const STUMBLES: &str = "const named = e => (e.getAttribute('aria-label') || e.textContent).trim() || e.closest('label')?.textContent.trim(); \
    const all = s => [...document.querySelectorAll(s)]; \
    const bare = all('svg[role], button, input, summary, th, [role=region], [tabindex]').filter(e => !named(e)); \
    const unseen = all('svg').filter(e => !e.closest('[role], [aria-hidden]')); \
    const lost = all('a[href^=\"#\"]').filter(a => !document.getElementById(a.hash.slice(1))); \
    const ids = all('[id]').map(e => e.id); const twice = ids.filter((id, at) => ids.indexOf(id) !== at); \
    return [...bare, ...unseen, ...lost].map(e => e.outerHTML.slice(0, 90)).concat(twice)";

/// An experiment of 40 numbers a side, of which only the tail has moved.
fn experiment() -> String {
    let side = |tail: f64| -> Vec<f64> {
        let value = |i: u32| {
            1e6 + f64::from(i * 7919 % 101) * 1e3 * if i.is_multiple_of(5) { tail } else { 1.0 }
        };
        (0..60).map(value).collect()
    };
    let metric = perf_core::judge::Metric::WALL;
    let found = perf_core::judge::Stored::new(HOSTILE)
        .numbers(&metric, &side(1.0), &side(3.0))
        .expect("numbers");
    Page::new("experiment").comparison(found.report()).html()
}

/// A call tree with allocations counted at two of its three places.
fn allocating() -> String {
    let session = Session::options("tree").report(false).paths(true).start();
    perf_core::measure_block!("browser tree", {});
    let mut json = serde_json::to_value(session.finish()).expect("JSON");
    let context = |path: &[&str], count: u64, bytes: u64| {
        let own = serde_json::json!({ "count": count, "bytes": bytes });
        serde_json::json!({ "path": path, "calls": 1, "total_ns": 1e6, "self_ns": 1e6, "allocations": own })
    };
    json["contexts"] = serde_json::json!([
        context(&["main"], 0, 0),
        context(&["main", HOSTILE], 1, 3_000),
        context(&["main", "often"], 3, 1_000),
    ]);
    let snapshot: perf_core::Snapshot = serde_json::from_value(json).expect("a snapshot");
    Page::new("tree").snapshot(&snapshot).html()
}

/// As large as a page is promised to bear: 200 sites, and series of 1,000 points.
fn large() -> String {
    let session = Session::options("large").report(false).paths(true).start();
    for _ in 0..1_000 {
        let _outer = perf_core::span!("large outer");
    }
    let mut snapshot = session.finish();
    let pattern = snapshot.rows[0].clone();
    for site in 0..200u64 {
        let mut row = pattern.clone();
        row.id = format!("workspace::module_{site}::function_with_a_usual_name");
        let values = (0..5_000u64).map(|i| 1_000 + (i * i * 4 + site * 17));
        row.histogram = perf_core::Histogram::of(snapshot.layout, values);
        snapshot.rows.push(row);
    }
    if let Some(resources) = &mut snapshot.resources {
        let series = ["rss", "cpu", "threads"].map(|name| {
            let mut series = Series::new(name, ResourceUnit::Count);
            (0..1_000).for_each(|i| series.push(i * 1_000_000, (i % 97) as f64));
            series
        });
        resources.attach(series.into());
    }
    Page::new("large").snapshot(&snapshot).html()
}

/// Times a machine that is quiet: run by hand, `--ignored --nocapture`.
#[test]
#[ignore = "asserts a time"]
fn the_first_screen_is_drawn_within_300_ms() {
    const LOADS: usize = 21;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("page.html");
    let html = large();
    std::fs::write(&file, &html).expect("writable");
    let mut browser = Browser::start().expect("chromedriver");
    browser.resize(1100, 900);
    let mut paints: Vec<f64> = (0..LOADS)
        .map(|_| {
            browser.open(&format!("file://{}", file.display()));
            let first = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null";
            let painted = (0..200).find_map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(10));
                browser.run(first).as_f64()
            });
            painted.expect("it is painted within two seconds")
        })
        .collect();
    paints.sort_by(f64::total_cmp);
    let (median, most) = (paints[LOADS / 2], paints[LOADS - 1]);
    println!(
        "{} bytes; first contentful paint: median {median:.0} ms, {most:.0} ms at most, in {LOADS} loads",
        html.len()
    );
    assert!(median <= 300.0, "{median} ms");
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

    let find = "const i = document.querySelector('[data-find]'); i.value = 'browser inner'; i.dispatchEvent(new Event('input')); \
                const words = i.closest('section').querySelector('[data-found]').textContent; \
                return /^1 of 3 boxes, [0-9.]+ % of the time$/.test(words) && document.querySelectorAll('svg.icicle .dim').length === 2";
    assert_eq!(browser.run(find), true);

    let by_key = "const b = [...document.querySelectorAll('svg.icicle > svg')].pop(); \
                  b.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true})); const wide = b.width.baseVal.value; \
                  document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'})); return wide > 900";
    assert_eq!(browser.run(by_key), true);
    let held = "const b = document.querySelector('svg.icicle > svg'); b.focus(); \
                const moves = (held) => { const e = new KeyboardEvent('keydown', {key: 'ArrowDown', altKey: held, cancelable: true}); \
                    b.dispatchEvent(e); const moved = e.defaultPrevented; b.focus(); return moved; }; return [moves(false), moves(true)]";
    assert_eq!(browser.run(held), serde_json::json!([true, false])); // Alt and an arrow are the browser's
    assert_eq!(browser.run(STUMBLES), serde_json::json!([]));

    let tree = folder.path().join("tree.html");
    std::fs::write(&tree, allocating()).expect("writable");
    browser.open(&format!("file://{}", tree.display()));
    let shown = "const shown = [...document.querySelectorAll('[data-weight]')].filter(e => e.getBoundingClientRect().height > 0); \
                 return shown.map(e => e.dataset.weight).join()";
    assert_eq!(browser.run(shown), "self");
    browser.run("document.querySelector('[data-by=bytes]').click()");
    assert_eq!(browser.run(shown), "bytes");
    let words = "const i = document.querySelector('[data-find]'); i.value = 'often'; i.dispatchEvent(new Event('input')); \
                 const words = i.closest('section').querySelector('[data-found]'); const first = words.textContent; \
                 document.querySelector('[data-by=allocations]').click(); return first + '; ' + words.textContent";
    assert_eq!(
        browser.run(words),
        "1 of 3 boxes, 25.0 % of the allocated bytes; 1 of 3 boxes, 75.0 % of the allocations"
    );
    let pressed = "return [...document.querySelectorAll('[data-by][aria-pressed=true]')].map(e => e.dataset.by).join()";
    assert_eq!(browser.run(pressed), "allocations");
    assert_eq!(browser.run(fits), true);
    assert_eq!(browser.run(STUMBLES), serde_json::json!([]));

    let other = folder.path().join("experiment.html");
    std::fs::write(&other, experiment()).expect("writable");
    browser.open(&format!("file://{}", other.display()));
    let drawn = "const seen = e => e && e.getBoundingClientRect().height > 50; const svg = n => [...document.querySelectorAll('svg.large')]\
                 .find(e => e.getAttribute('aria-label').startsWith(n)); return seen(svg('both distributions')) && seen(svg('the shift of each decile'))";
    assert_eq!(browser.run(drawn), true);
    assert_eq!(browser.run("return document.images.length"), 0);
    assert_eq!(browser.run(fits), true);
    assert_eq!(browser.run(STUMBLES), serde_json::json!([]));

    assert_eq!(browser.errors(), Vec::<String>::new());
}
