//! In: this process. Out: the metrics that every bench executable knows: allocations, their bytes, processor time.

use super::metric::{MakeMetric, Metric};
use super::os::CpuTimes;
use crate::alloc;
use crate::judge::Unit;

/// All of them.
pub(super) const OURS: &[MakeMetric] = &[
    || Box::new(Allocations::default()),
    || Box::new(AllocatedBytes::default()),
    || Box::new(Cpu::default()),
];

/// Allocations of the measuring thread.
#[derive(Default)]
struct Allocations(u64);

impl Metric for Allocations {
    fn name(&self) -> &'static str {
        "allocations"
    }

    fn unit(&self) -> Unit {
        Unit::Count
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn missing(&self) -> Option<String> {
        not_counted()
    }

    fn begin(&mut self) {
        self.0 = alloc::this_thread().count;
    }

    fn end(&mut self) -> f64 {
        (alloc::this_thread().count - self.0) as f64
    }
}

/// Their bytes.
#[derive(Default)]
struct AllocatedBytes(u64);

impl Metric for AllocatedBytes {
    fn name(&self) -> &'static str {
        "allocated-bytes"
    }

    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn missing(&self) -> Option<String> {
        not_counted()
    }

    fn begin(&mut self) {
        self.0 = alloc::this_thread().bytes;
    }

    fn end(&mut self) -> f64 {
        (alloc::this_thread().bytes - self.0) as f64
    }
}

fn not_counted() -> Option<String> {
    (!alloc::installed()).then(|| alloc::NOT_INSTALLED.to_owned())
}

/// Processor time of all threads of the process.
#[derive(Default)]
struct Cpu(u64);

impl Metric for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn unit(&self) -> Unit {
        Unit::Nanoseconds
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn missing(&self) -> Option<String> {
        let unknown = CpuTimes::now().process_ns() == 0;
        unknown.then(|| "this platform does not tell the processor time of a process".to_owned())
    }

    fn begin(&mut self) {
        self.0 = CpuTimes::now().process_ns();
    }

    fn end(&mut self) -> f64 {
        CpuTimes::now().process_ns().saturating_sub(self.0) as f64
    }
}
