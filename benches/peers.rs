//! In: arguments (see `--help`). Out: what a measured call costs, ours and our peers', as one table.

use perf_benches::arguments::Arguments;

fn main() {
    if let Err(message) = perf_benches::run(Arguments::of_process()) {
        eprintln!("peers: {message}");
        std::process::exit(2);
    }
}
