//! In: work for many threads. Out: all of it done, and the threads gone.

/// Runs it on so many threads, which get their number, and joins each: a scope by itself goes on while its threads still give
/// back what they hold.
pub(crate) fn on_threads(number: u64, work: impl Fn(u64) + Sync) {
    let work = &work;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..number)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        for thread in all {
            thread.join().expect("its asserts hold");
        }
    });
}
