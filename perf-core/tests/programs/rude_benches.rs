//! Benchmarks that take what is the harness's, and leave what would trouble the next one.
#![allow(missing_docs)]

use perf_core::bench_main;

#[cfg(unix)]
mod rude {
    use perf_core::{bench, black_box};
    use std::io::Read;
    use std::process::Command;

    #[bench]
    fn polite() -> u64 {
        (0..100u64).fold(1, |a, i| black_box(a).wrapping_mul(31) ^ i)
    }

    #[bench]
    fn reads_input() -> usize {
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap_or(1)
    }

    #[bench]
    fn closes_input_and_output() {
        close(0..2);
    }

    #[bench]
    fn closes_everything() {
        close(0..1_000);
    }

    fn close(files: std::ops::Range<i32>) {
        for file in files {
            // SAFETY: nothing in this program uses the number after that.
            unsafe { libc::close(file) };
        }
    }

    /// What it starts holds the pipe to the harness open.
    #[bench]
    fn leaves_a_program_and_exits() {
        Command::new("sleep").arg("60").spawn().expect("sleep");
        std::process::exit(4);
    }

    #[bench]
    fn leaves_a_printer_and_exits() {
        Command::new("sh")
            .args([
                "-c",
                "for i in $(seq 3000); do sleep 0.01; echo noise; done",
            ])
            .spawn()
            .expect("sh");
        std::process::exit(5);
    }

    /// Both processes go on.
    #[bench]
    fn forks() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // SAFETY: the program has one thread here.
            unsafe { libc::fork() };
        });
    }

    #[bench]
    fn replaces_the_hook() {
        let caught = std::panic::catch_unwind(|| panic!("caught"));
        assert!(caught.is_err());
        std::panic::set_hook(Box::new(|_| {}));
        panic!("quietly");
    }

    #[bench]
    fn panics_without_words() {
        std::panic::panic_any(7);
    }

    #[bench]
    fn moves_away() {
        std::env::set_current_dir("/").expect("the root");
    }

    #[bench]
    fn needs_its_directory() {
        assert_ne!(
            std::env::current_dir().expect("one"),
            std::path::Path::new("/")
        );
    }
}

bench_main!();
