//! In: arguments (see `--help`). Out: what a measured call costs, ours and our peers', as one table.

fn main() {
    if let Err(message) = perf_benches::run(std::env::args().skip(1)) {
        eprintln!("peers: {message}");
        std::process::exit(2);
    }
}
