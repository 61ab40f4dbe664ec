//! quick
use perf_core::{site::{Kind, Site}, Span};
use std::hint::black_box;
use std::time::Instant;
#[inline(always)]
fn body(x: u64) -> u64 { let mut y = x; for _ in 0..3 { y = y.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); } y }
#[inline(never)]
fn work(x: u64) -> u64 { body(x) }
#[inline(never)]
fn ours(x: u64) -> u64 { static S: Site = Site::named("w", Kind::Function, "f", 1, 1).full(); let _s = Span::enter(&S); let r = body(x); _s.done(); r }
#[inline(never)]
fn adaptive(x: u64) -> u64 { static S: Site = Site::named("w2", Kind::Function, "f", 1, 1); let _s = Span::enter(&S); let r = body(x); _s.done(); r }
#[inline(never)]
fn raw(c: &quanta::Clock, x: u64) -> u64 { let a = c.raw(); let y = body(x); let b = c.raw(); black_box(b.wrapping_sub(a)); y }
#[inline(never)]
fn tsc(x: u64) -> u64 { let a = unsafe{core::arch::x86_64::_rdtsc()}; let y = body(x); let b = unsafe{core::arch::x86_64::_rdtsc()}; black_box(b.wrapping_sub(a)); y }
fn time(n: u64, mut f: impl FnMut(u64) -> u64) -> f64 { let t = Instant::now(); let mut x = 1; for _ in 0..n { x = f(x); } black_box(x); t.elapsed().as_nanos() as f64 / n as f64 }
fn med(v: &mut Vec<f64>) -> f64 { v.sort_by(f64::total_cmp); v[v.len()/2] }
fn main() {
    let c = quanta::Clock::new();
    let n = 20_000;
    time(1, ours); let off = time(1000000, ours); let bare = time(1000000, work);
    println!("off {off} bare {bare}");
    let _e = perf_core::enable();
    let mut v: [Vec<f64>; 5] = Default::default();
    let mut r: [Vec<f64>; 5] = Default::default();
    for i in 0..300 {
        let a = time(n, work); let b = time(n, |x| raw(&c, x)); let t = time(n, tsc);
        let d = time(n, ours);
        time(if i == 0 { 10_000_000 } else { 400_000 }, adaptive); let e = time(n, adaptive);
        for (k, x) in [a, b, t, d, e].into_iter().enumerate() { v[k].push(x); r[k].push(x / b); }
    }
    for (k, name) in ["bare", "raw", "tsc", "full", "adaptive"].iter().enumerate() { println!("{name:10} {:.2} ns  {:.3} R", med(&mut v[k]), med(&mut r[k])); }
}
