//! In: an executable. Out: [`Peer`], a process of it that answers requests, or the reason why it does not: it never holds up its parent.

mod answers;
pub(super) mod callgrind;
mod failure;
mod output;
mod watch;

pub(super) use failure::Failure;

use super::child::stage::Facts;
use super::metric::Kind;
use super::pages::Gathered;
use super::protocol::{self, Answer, Hello, Request};
use answers::Answers;
use callgrind::Callgrind;
use output::Output;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use watch::Watch;

/// How often a busy executable is tried, every 10 ms.
const BUSY: u32 = 200;

/// A process that closed its output and lives has so long to end.
const ENDING: Duration = Duration::from_secs(2);

/// How a process is started.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The executable.
    pub(super) executable: PathBuf,
    /// The longest that it may take over one request.
    pub(super) cap: Duration,
    /// Whether what it prints is shown, on standard error.
    pub(super) show: bool,
    /// Whether callgrind runs it.
    pub(super) simulated: bool,
}

/// A measured process.
pub(super) struct Peer {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    answers: Answers<Output>,
    watch: Watch,
    cap: Duration,
    simulator: Option<Callgrind>,
    pub(super) hello: Hello,
}

impl Peer {
    /// Starts it and waits for its greeting.
    pub(super) fn start(launch: &Launch) -> Result<Self, Failure> {
        let token = token();
        let simulator = launch.simulated.then(Callgrind::new).transpose()?;
        let mut command = match &simulator {
            Some(callgrind) => callgrind.command(&launch.executable),
            None => named_alike(&launch.executable),
        };
        command
            .env(protocol::CHILD, format!("{}:{token}", protocol::VERSION))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if launch.show {
                Stdio::inherit()
            } else {
                Stdio::null()
            });
        let mut child = spawn(&mut command).map_err(|error| Failure::NotStarted {
            executable: launch.executable.clone(),
            words: error.to_string(),
        })?;
        let input = child.stdin.take().expect("the input is piped");
        let output = child.stdout.take().expect("the output is piped");
        let child = Arc::new(Mutex::new(child));
        let watch = Watch::over(Arc::clone(&child));
        let hello = Hello {
            protocol: 0,
            version: String::new(),
            benches: Vec::new(),
            arguments: Vec::new(),
        };
        let output = Output::new(output, Arc::clone(&child));
        let answers = Answers::new(output, &token, launch.show);
        let mut peer = Self {
            child,
            input,
            answers,
            watch,
            cap: launch.cap,
            simulator,
            hello,
        };
        match peer.answer() {
            Ok(Answer::Hello(hello)) if (1..=protocol::VERSION).contains(&hello.protocol) => {
                peer.hello = *hello;
                Ok(peer)
            }
            Ok(Answer::Hello(hello)) => Err(Failure::Protocol {
                found: hello.protocol,
            }),
            Ok(_) => Err(Failure::Confused),
            // What dies before its greeting is no benchmark executable of ours.
            Err(Failure::Ended { words, .. }) => Err(Failure::NoGreeting {
                executable: launch.executable.clone(),
                words,
            }),
            Err(other) => Err(other),
        }
    }

    /// Opens a benchmark: runs its function up to the closure that is measured.
    pub(super) fn open(&mut self, id: &str) -> Result<Facts, Failure> {
        match self.ask(&Request::Open(id.to_owned()))? {
            Answer::Opened(facts) => Ok(facts),
            Answer::Closed => Err(Failure::Confused),
            other => Err(refusal(other)),
        }
    }

    /// Runs a benchmark once.
    pub(super) fn once(&mut self, id: &str) -> Result<(), Failure> {
        match self.ask(&Request::Once(id.to_owned()))? {
            Answer::Closed => Ok(()),
            other => Err(refusal(other)),
        }
    }

    /// Whether the process can be asked to [`gather`](Self::gather).
    pub(super) fn gathers(&self) -> bool {
        self.hello.protocol >= protocol::GATHERS
    }

    /// Moves the code of the process to memory of its own, and its memory to huge pages if so said.
    pub(super) fn gather(&mut self, memory: bool) -> Result<Gathered, Failure> {
        match self.ask(&Request::Gather { memory })? {
            Answer::Gathered(gathered) => Ok(gathered),
            other => Err(refusal(other)),
        }
    }

    /// So many times of so many iterations, in nanoseconds.
    pub(super) fn batch(&mut self, iterations: u64, count: u32) -> Result<Vec<f64>, Failure> {
        self.times(&Request::Batch { iterations, count }, count)
    }

    /// The same of the loop alone.
    pub(super) fn empty(&mut self, iterations: u64, count: u32) -> Result<Vec<f64>, Failure> {
        self.times(&Request::Empty { iterations, count }, count)
    }

    fn times(&mut self, request: &Request, count: u32) -> Result<Vec<f64>, Failure> {
        match self.ask(request)? {
            Answer::Times(times) if times.len() == count as usize => Ok(times),
            other => Err(refusal(other)),
        }
    }

    /// Threads alive, and the share of processor time that others than the measuring one took.
    pub(super) fn threads(&mut self) -> Result<(u32, f64), Failure> {
        match self.ask(&Request::Threads)? {
            Answer::Threads { alive, others } => Ok((alive, others)),
            other => Err(refusal(other)),
        }
    }

    /// Allocations and bytes an iteration; none where they are not counted.
    pub(super) fn allocations(&mut self, iterations: u64) -> Result<Option<(f64, f64)>, Failure> {
        match self.ask(&Request::Allocations(iterations))? {
            Answer::Allocated(counted) => Ok(counted),
            other => Err(refusal(other)),
        }
    }

    /// The amount of a metric in so many iterations, and in as many of the loop alone.
    pub(super) fn count(&mut self, kind: &Kind, iterations: u64) -> Result<(f64, f64), Failure> {
        if self.hello.protocol < protocol::COUNTS {
            return Err(Failure::NotCounted {
                words: format!(
                    "it speaks version {} of the protocol, which knows no metric but time",
                    self.hello.protocol
                ),
            });
        }
        let metric = kind.name.clone();
        let answer = self.ask(&Request::Count { iterations, metric })?;
        match (answer, &mut self.simulator) {
            (Answer::Counted(..), Some(callgrind)) => Ok((callgrind.next()?, callgrind.next()?)),
            (Answer::Counted(amount, empty), None) => Ok((amount, empty)),
            (Answer::Missing(words), _) => Err(Failure::NotCounted { words }),
            (Answer::Unknown, _) => Err(Failure::NotCounted {
                words: format!("the executable has no metric {}", kind.name),
            }),
            (other, _) => Err(refusal(other)),
        }
    }

    /// Keeps its measuring thread on one processor.
    pub(super) fn pin(&mut self, cpu: usize) -> Result<bool, Failure> {
        match self.ask(&Request::Pin(cpu))? {
            Answer::Pinned(done) => Ok(done),
            other => Err(refusal(other)),
        }
    }

    /// Lets the benchmark's function come to its end.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        match self.ask(&Request::Close)? {
            Answer::Closed => Ok(()),
            other => Err(refusal(other)),
        }
    }

    /// Bytes that the benchmark printed to standard output.
    pub(super) fn printed(&self) -> u64 {
        self.answers.printed()
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        // Where the pipe is broken, the answer tells why.
        let _ = self.input.write_all(request.line().as_bytes());
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        self.watch.expect_within(self.cap);
        let text = self.answers.next();
        let late = self.watch.relax();
        match text {
            Ok(Some(text)) => Answer::read(&text).ok_or(Failure::Confused),
            Ok(None) | Err(_) if late => Err(Failure::TooLong { cap: self.cap }),
            Ok(None) | Err(_) => Err(self.ended()),
        }
    }

    /// Why there is no answer: how the process ended.
    fn ended(&self) -> Failure {
        let Ok(mut child) = self.child.lock() else {
            return Failure::Confused;
        };
        // Its pipes are closed a moment before it can be waited for.
        let begun = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Failure::ended(status),
                Ok(None) if begun.elapsed() < ENDING => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(None) | Err(_) => break,
            }
        }
        let _ = child.kill().and_then(|()| child.wait());
        Failure::cut_off()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Under one name for all sides: a longer one would move what the benchmark allocates.
fn named_alike(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "benchmarks");
    command
}

/// Starts a process; an executable that was only just written may be held open by a fork of somebody else for a moment.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..BUSY {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
    command.spawn()
}

fn refusal(answer: Answer) -> Failure {
    match answer {
        Answer::Panicked(text) => Failure::Panicked { text },
        Answer::Nothing => Failure::Nothing,
        Answer::Unknown => Failure::NotOffered,
        _ => Failure::Confused,
    }
}

/// A number that nobody prints by accident.
fn token() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// The executable that runs now.
pub(super) fn this_executable() -> std::io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    if Path::new(&path).exists() {
        Ok(path)
    } else {
        Err(std::io::Error::other(
            "the executable was replaced or removed while it ran",
        ))
    }
}
