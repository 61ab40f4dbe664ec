//! Compiled twice by `measure_off.rs`: with `#[measure]` and, under `--cfg bare`, without.
#![forbid(unsafe_code)]
#![allow(unsafe_attr_outside_unsafe, unexpected_cfgs)]

#[cfg(not(bare))]
use meter::measure;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Mutex;

#[inline(never)]
#[cfg_attr(not(bare), measure)]
pub fn sum(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

#[inline(never)]
#[cfg_attr(not(bare), measure(name = "given", label = numbers.len(), full))]
pub fn labelled(numbers: &[u64]) -> Option<u64> {
    let first = numbers.first()?;
    if *first == 7 {
        return None;
    }
    Some(black_box(*first) + numbers.len() as u64)
}

#[inline(never)]
#[cfg_attr(not(bare), measure(err))]
pub fn fails(text: &str, owned: String) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|_| owned)?;
    Ok(number + 1)
}

#[inline(never)]
#[cfg_attr(not(bare), measure)]
pub fn panics(index: usize, numbers: Vec<u32>) -> u32 {
    numbers[index]
}

#[inline(never)]
#[cfg_attr(not(bare), measure)]
pub fn tail(lock: &Mutex<u32>) -> u32 {
    *lock.lock().unwrap()
}

#[inline(never)]
#[cfg_attr(not(bare), measure)]
pub fn opaque(numbers: &[u32]) -> impl Iterator<Item = u32> + '_ {
    numbers.iter().map(|x| x + black_box(1))
}

#[inline(never)]
pub fn uses_opaque(numbers: &[u32]) -> u32 {
    opaque(numbers).sum()
}

#[inline(never)]
#[cfg_attr(not(bare), measure)]
pub fn boxed(x: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    if x == 3 {
        return Box::pin(std::future::ready(4));
    }
    Box::pin(std::future::ready(x))
}

pub struct Counter(u64);

#[cfg_attr(not(bare), measure)]
impl Counter {
    #[inline(never)]
    pub fn add(&mut self, x: u64) -> &mut u64 {
        self.0 += black_box(x);
        &mut self.0
    }
}
