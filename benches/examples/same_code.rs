//! In: nothing. Out: two functions under names that `checks/same_code.sh` finds in the disassembly: the same body, one of them measured.

use std::hint::black_box;

/// Long enough not to be folded away: calls, a loop, an early return.
macro_rules! body {
    ($text:ident) => {{
        let mut sum = 0_u64;
        for part in $text.split(',') {
            match part.trim().parse::<u64>() {
                Ok(number) => sum = sum.wrapping_add(number),
                Err(_) if part.is_empty() => return 0,
                Err(_) => sum ^= part.len() as u64,
            }
        }
        sum
    }};
}

#[allow(unsafe_code)] // the name must be found in the disassembly
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn bare(text: &str) -> u64 {
    body!(text)
}

#[allow(unsafe_code)] // the name must be found in the disassembly
#[unsafe(no_mangle)]
#[inline(never)]
#[perf_core::measure]
extern "Rust" fn measured(text: &str) -> u64 {
    body!(text)
}

fn main() {
    // Two different texts, so that neither call stands for the other.
    println!(
        "{} {}",
        bare(black_box("1,2,x")),
        measured(black_box("3,,4"))
    );
}
