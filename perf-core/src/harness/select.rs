//! In: filters, as libtest knows them. Out: [`Selection`], whether a benchmark is meant.

use super::catalogue::Bench;

/// What becomes of benchmarks that are marked `ignore`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ignored {
    #[default]
    Skipped,
    Only,
    Included,
}

/// Which benchmarks are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) filters: Vec<String>,
    pub(super) skips: Vec<String>,
    pub(super) exact: bool,
    pub(super) ignored: Ignored,
}

impl Selection {
    pub(super) fn of<'a>(&self, benches: &'a [Bench]) -> Vec<&'a Bench> {
        let wanted = |bench: &&Bench| self.names(&bench.id) && self.takes(bench.ignore);
        benches.iter().filter(wanted).collect()
    }

    fn names(&self, id: &str) -> bool {
        let hit = |filter: &String| {
            if self.exact {
                id == filter
            } else {
                id.contains(filter.as_str())
            }
        };
        (self.filters.is_empty() || self.filters.iter().any(hit)) && !self.skips.iter().any(hit)
    }

    fn takes(&self, ignore: bool) -> bool {
        match self.ignored {
            Ignored::Skipped => !ignore,
            Ignored::Only => ignore,
            Ignored::Included => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_substrings_and_skips_win() {
        let with = |filters: &[&str], skips: &[&str], exact| Selection {
            filters: filters.iter().map(|&f| f.to_owned()).collect(),
            skips: skips.iter().map(|&f| f.to_owned()).collect(),
            exact,
            ignored: Ignored::Skipped,
        };
        assert!(with(&[], &[], false).names("sort/10"));
        assert!(with(&["sort"], &[], false).names("sort/10"));
        assert!(!with(&["sort"], &[], true).names("sort/10"));
        assert!(with(&["sort/10"], &[], true).names("sort/10"));
        assert!(!with(&["sort"], &["10"], false).names("sort/10"));
        assert!(with(&["sort"], &["10"], true).takes(false));
    }
}
