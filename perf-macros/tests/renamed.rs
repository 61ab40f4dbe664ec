//! `#[measure]` in a crate that knows perf-core under another name; good in edition 2021 as it is in 2024.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(clippy::pedantic)] // odd forms are the subject

use meter::measure;
use std::sync::Mutex;

// Up to edition 2021 what a body's last expression borrows for a moment outlives the body's own variables.
#[measure]
fn tail(lock: Mutex<u32>) -> u32 {
    *lock.lock().unwrap()
}

#[measure(err)]
fn tail_err(lock: Mutex<Result<u32, u32>>) -> Result<u32, u32> {
    *lock.lock().unwrap()
}

#[measure]
async fn tail_async(lock: Mutex<u32>, (other, _): (Mutex<u32>, u8)) -> u32 {
    std::future::ready(()).await;
    *lock.lock().unwrap() + *other.lock().unwrap()
}

#[measure(err)]
async fn captured<'a>(text: &'a str, count: &u32) -> Result<&'a str, u32> {
    if text.is_empty() {
        return Err(*count);
    }
    Ok(text)
}

#[measure]
fn opaque<'a>(text: &'a str) -> impl Future<Output = usize> + 'a {
    async move { text.len() }
}

#[measure(label = number)]
fn labelled(number: u32) {
    let _ = number;
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("a future of a test that waits for nothing"),
    }
}

#[test]
fn works_under_another_name() {
    let _on = meter::enable();
    assert_eq!(tail(Mutex::new(1)), 1);
    assert_eq!(tail_err(Mutex::new(Err(2))), Err(2));
    assert_eq!(ready(tail_async(Mutex::new(1), (Mutex::new(2), 0))), 3);
    assert_eq!(
        (ready(captured("a", &1)), ready(captured("", &1))),
        (Ok("a"), Err(1))
    );
    assert_eq!(ready(opaque("abc")), 3);
    labelled(4);
    let rows = meter::snapshot();
    for (name, calls, errors) in [
        ("tail", 1, 0),
        ("tail_err", 1, 1),
        ("tail_async", 1, 0),
        ("captured", 2, 1),
        ("opaque", 1, 0),
        ("labelled{4}", 1, 0),
    ] {
        let row = rows.site(&format!("renamed::{name}"));
        assert_eq!(
            row.map(|row| (row.calls, row.errors)),
            Some((calls, errors)),
            "{name}"
        );
    }
}
