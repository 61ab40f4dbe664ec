//! Usage errors end with 3, help and version with 0, and the word `perf` may stand first.

use crate::{perf, run};

#[test]
fn usage_errors_are_3_and_help_is_0() {
    for wrong in [
        &["no-such-task"][..],
        &[],
        &["ab"],
        &["ab", "--baseline", "true"],
        &["ab", "--no-such-option"],
        &["ab", "--margin", "x", "--", "true"],
        &["ab", "--metric", "walls", "--", "true"],
        &["ab", "--pairs", "0", "--", "true"],
        &["ab", "--baseline", "'open", "--candidate", "true"],
        &["run"],
        &["report"],
    ] {
        let left = run(perf().args(wrong));
        assert_eq!(left.code, 3, "{wrong:?}: {}{}", left.out, left.err);
        assert!(!left.err.is_empty(), "{wrong:?}");
    }
    for fine in [
        &["--help"][..],
        &["--version"],
        &["ab", "--help"],
        &["perf", "ab", "--help"],
    ] {
        let left = run(perf().args(fine));
        assert_eq!(left.code, 0, "{fine:?}");
        assert!(!left.out.is_empty() && left.err.is_empty(), "{fine:?}");
    }
}

#[test]
fn pairs_and_time_exclude_each_other_and_help_says_so() {
    let left = run(perf().args(["ab", "--pairs", "9", "--time", "9", "--", "true"]));
    left.could_not_judge("cannot be used with");
    for task in ["ab", "gate", "selftest"] {
        let help = run(perf().args([task, "--help"])).out;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for says in [
            "instead of --time",
            "instead of --pairs",
            "Judging: --margin <PERCENT>",
            "Plan: --pairs <N>",
            "Answer: --format <FORMAT>",
        ] {
            assert!(help.contains(says), "{task}: {help}");
        }
    }
}

#[test]
fn bare_commands_are_told_how_they_are_given() {
    let says = "--baseline 'OLD' --candidate 'NEW'";
    for wrong in [&["ab", "old", "new"][..], &["perf", "ab", "old"]] {
        let left = run(perf().args(wrong));
        left.could_not_judge("unexpected argument 'old' found");
        left.could_not_judge(says);
    }
    // Not where the word is no command, nor where it is a task of another kind.
    for other in [&["ab", "--bselin", "true"][..], &["gate", "a", "b", "c"]] {
        let left = run(perf().args(other));
        assert!(!left.err.contains(says), "{other:?}: {}", left.err);
    }
}

#[test]
fn the_word_perf_may_stand_first() {
    for first in [&["perf"][..], &[]] {
        let left = run(perf()
            .args(first)
            .args(["run", "--format", "json", "--", "true"]));
        assert_eq!((left.code, &left.json()["program"]), (0, &"true".into()));
    }
}

#[test]
fn no_colour_where_no_terminal_is() {
    let left = run(perf().args(["ab", "--baseline", "false", "--candidate", "true"]));
    assert!(!left.err.contains('\u{1b}'), "{}", left.err);
}
