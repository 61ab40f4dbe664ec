//! In: how far an experiment is. Out: one line on standard error that is overwritten, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perf_core::escape::terminal;
use perf_core::judge::Progress;
use perf_core::private::say_when_interrupted;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::Duration;

/// A line that shows the current interval and goes away at the end.
#[derive(Clone, Debug)]
pub(crate) struct Line(ProgressBar);

impl Line {
    /// A line of a step that says this on SIGINT and SIGTERM, as long as the line is there.
    pub(crate) fn interrupted(sentence: &str) -> Self {
        say_when_interrupted(Some(terminal(sentence).to_string()));
        Self(bar("{spinner} {wide_msg}"))
    }

    /// For `Experiment::on_progress`.
    pub(crate) fn show(&self, progress: &Progress) -> ControlFlow<()> {
        self.0.set_message(sentence(progress));
        self.0.tick();
        ControlFlow::Continue(())
    }

    /// Takes the line away before an answer is printed.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }

    pub(crate) fn say(&self, sentence: String) {
        self.0.set_message(sentence);
        self.0.tick();
    }
}

/// A line that counts the time of what takes long and tells nothing of itself, and goes away at the end.
#[derive(Debug)]
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    pub(crate) fn on(what: &str) -> Self {
        let bar = bar("{spinner} {elapsed} {wide_msg}").with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn bar(template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        say_when_interrupted(None);
        self.0.finish_and_clear();
    }
}

fn sentence(progress: &Progress) -> String {
    let doing = if progress.confirming {
        "confirming "
    } else {
        ""
    };
    let percent = |x: Option<f64>| x.map_or("...".to_owned(), |x| format!("{:+.1}", 100.0 * x));
    let change = progress.change.map_or(String::new(), |change| {
        format!(
            "  {} {:+.1} % [{}, {}]",
            progress.metric,
            100.0 * change.estimate,
            percent(change.low),
            percent(change.high)
        )
    });
    let seconds = progress.elapsed.as_secs();
    format!(
        "{doing}{} of at most {} pairs, {seconds} s{change}",
        progress.units, progress.most
    )
}
