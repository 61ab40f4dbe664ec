//! A model that is larger than the memory it may use: layers are loaded when they are needed, and dropped when there is no room.
//!
//! `cargo run --release --example memory_budget -- [--leak] [BUDGET]`, such as `96MiB`: the memory for layers
//!
//! Prints what room there was at the start, works through all layers again and again under permits, and ends with the peak beside the
//! limit and a verdict on leaks; with `--leak` every pass keeps a little of what it should give back, until a limit tells it. The
//! weights are made up. The counting allocator makes the verdict rest on what is allocated, not on what the kernel has mapped.

use perf_core::alloc::Counting;
use perf_core::resource::{Allowed, Limits, MemoryPermit, MemoryPermits, headroom, leak_of_memory};
use perf_core::units::{bytes, duration, parse_bytes};
use perf_core::{Session, measure};
use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Of the model.
const LAYERS: usize = 48;
/// Weights of a layer: 4 MiB.
const WEIGHTS: usize = 1 << 20;
/// Memory for layers unless told otherwise: a third of the model.
const BUDGET: u64 = 64 << 20;
/// What the program may hold besides.
const BESIDES: u64 = 16 << 20;
/// How long it works.
const TIME: Duration = Duration::from_secs(4);
/// What a pass keeps with `--leak`, in weights.
const KEPT: usize = WEIGHTS / 8;

struct Layer {
    number: usize,
    weights: Vec<f32>,
    _room: MemoryPermit,
}

/// The layers in memory, the longest unused first.
struct Model {
    permits: MemoryPermits,
    loaded: VecDeque<Layer>,
}

fn main() -> ExitCode {
    let mut leaky = false;
    let mut budget = BUDGET;
    for argument in std::env::args().skip(1) {
        match (argument.as_str(), parse_bytes(&argument)) {
            ("--leak", _) => leaky = true,
            (_, Ok(asked)) => budget = asked as u64,
            (_, Err(error)) => {
                eprintln!("memory_budget: {error}");
                return ExitCode::from(2);
            }
        }
    }
    match run(budget, leaky) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("memory_budget: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(budget: u64, leaky: bool) -> Result<(), perf_core::resource::NoRoom> {
    let layer = (WEIGHTS * size_of::<f32>()) as u64;
    let budget = match headroom().memory {
        Ok(room) => {
            let (left, limit) = (bytes(room.bytes as f64), bytes(room.limit as f64));
            println!("headroom: {left} of {limit}, by {}", room.limited_by);
            budget.min(room.bytes)
        }
        Err(absence) => {
            println!("headroom: {absence}");
            budget
        }
    };
    let limit = budget + BESIDES;
    println!(
        "the model has {}; allowed are {} for its layers, {} in all\n",
        bytes((layer * LAYERS as u64) as f64),
        bytes(budget as f64),
        bytes(limit as f64)
    );
    let session = Session::options("memory_budget")
        .sample_resources(Duration::from_millis(20))
        .limits(Limits::new().rss(limit))
        .start();
    let mut model = Model {
        permits: MemoryPermits::of(budget),
        loaded: VecDeque::new(),
    };
    let (start, mut passes, mut kept) = (Instant::now(), 0u32, Vec::new());
    while start.elapsed() < TIME {
        let mut signal = 1.0;
        for number in 0..LAYERS {
            signal = apply(model.layer(number)?, signal);
        }
        std::hint::black_box(signal);
        passes += 1;
        if leaky {
            kept.push(vec![signal; KEPT]);
        }
    }
    drop(model);
    let seen = session.finish();
    println!(
        "\n{passes} passes through all layers in {}",
        duration(start.elapsed().as_nanos() as f64)
    );
    let Some(resources) = &seen.resources else {
        return Ok(());
    };
    if let Some(rss) = resources.level("rss") {
        let within = if rss.peak <= limit {
            "within"
        } else {
            "beyond"
        };
        let (peak, limit) = (bytes(rss.peak as f64), bytes(limit as f64));
        println!("peak: {peak}, {within} the limit of {limit}");
    }
    if let Some(found) = leak_of_memory(resources, Allowed::Usual) {
        println!("leak: {found}");
    }
    Ok(())
}

impl Model {
    /// A layer, from memory or loaded; the longest unused make room for it.
    fn layer(&mut self, number: usize) -> Result<&Layer, perf_core::resource::NoRoom> {
        if let Some(at) = self.loaded.iter().position(|layer| layer.number == number) {
            if let Some(layer) = self.loaded.remove(at) {
                self.loaded.push_back(layer);
            }
        } else {
            let layer = self.load(number)?;
            self.loaded.push_back(layer);
        }
        Ok(&self.loaded[self.loaded.len() - 1])
    }

    fn load(&mut self, number: usize) -> Result<Layer, perf_core::resource::NoRoom> {
        let needed = (WEIGHTS * size_of::<f32>()) as u64;
        let room = loop {
            match self.permits.try_acquire(needed) {
                Ok(room) => break room,
                Err(refused) if self.loaded.is_empty() => return Err(refused),
                Err(_) => drop(self.loaded.pop_front()),
            }
        };
        Ok(Layer {
            number,
            weights: weights(number),
            _room: room,
        })
    }
}

/// Stands for reading them from a file.
#[measure(alloc)]
fn weights(number: usize) -> Vec<f32> {
    let mut state = number as u32 | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..WEIGHTS).map(|_| next()).collect()
}

#[measure]
fn apply(layer: &Layer, signal: f32) -> f32 {
    layer
        .weights
        .iter()
        .fold(signal, |signal, weight| (signal + weight).clamp(-1.0, 1.0))
}
