//! In: how often sites were called between looks. Out: [`CallsOverTime`], a bounded history of it that thins itself.

use super::take::row_id;
use super::{MOST_STEPS, Row};
use crate::site;
use serde::{Deserialize, Serialize};

/// Sites that are followed, those that were called first.
const MOST_SITES: usize = 256;

/// How often sites were called over time, in the same steps for all of them; of sessions that sample resources.
///
/// The steps of a site add up to the calls that ended between its first and its last look, exactly.
///
/// ```
/// use perf_core::Session;
/// let session = Session::options("app").report(false).sample_resources(std::time::Duration::from_millis(1)).start();
/// for _ in 0..1_000 { let _span = perf_core::span!("tick"); }
/// let seen = session.finish();
/// let calls = seen.calls_over_time.as_ref().expect("it was sampled");
/// assert_eq!(calls.site("tick").map(|site| site.calls.iter().sum()), Some(1_000));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallsOverTime {
    /// When the first step began, in nanoseconds since sampling began.
    pub from_ns: u64,
    /// When each step ended, where the next one began; at most [`MOST_STEPS`].
    pub ends_ns: Vec<u64>,
    /// The sites that were called, those first that were called first; 256 at most.
    pub sites: Vec<SiteCalls>,
    /// Further sites that were called and are not followed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u32,
}

/// The calls of one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteCalls {
    /// The id of its row.
    pub site: String,
    /// Calls that ended in each step.
    pub calls: Vec<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_none(number: &u32) -> bool {
    *number == 0
}

impl CallsOverTime {
    /// One site's, if it was called and followed.
    pub fn site(&self, id: &str) -> Option<&SiteCalls> {
        self.sites.iter().find(|site| site.site == id)
    }

    /// Begin and end of each step, in nanoseconds since sampling began.
    pub fn steps(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let begins = std::iter::once(self.from_ns).chain(self.ends_ns.iter().copied());
        begins.zip(self.ends_ns.iter().copied())
    }

    /// What followed the last step of `earlier`; a step that had begun before its end is cut there.
    pub(super) fn after(&self, earlier: Option<&Self>) -> Self {
        let known = earlier.and_then(|earlier| Some((earlier, *earlier.ends_ns.last()?)));
        let Some((earlier, last)) = known else {
            return self.clone();
        };
        let over = self.ends_ns.partition_point(|&end| end <= last);
        let rest = |site: &SiteCalls| {
            let sum = |calls: &[u64]| {
                calls
                    .iter()
                    .fold(0u64, |sum, &more| sum.saturating_add(more))
            };
            let mut calls = site.calls.get(over..).unwrap_or_default().to_vec();
            if let Some(first) = calls.first_mut() {
                let before = earlier.site(&site.site).map_or(0, |site| sum(&site.calls));
                *first = sum(&site.calls[..=over]).saturating_sub(before);
            }
            SiteCalls {
                site: site.site.clone(),
                calls,
            }
        };
        Self {
            from_ns: last,
            ends_ns: self.ends_ns[over..].to_vec(),
            sites: self.sites.iter().map(rest).collect(),
            left_out: self.left_out,
        }
    }
}

/// Such a history while it grows: sites by number, steps that hold more and more looks. 512 KiB at most.
#[derive(Debug)]
pub(crate) struct CallSteps {
    from_ns: u64,
    ends_ns: Vec<u64>,
    looks_a_step: u32,
    looks_in_last: u32,
    sites: Vec<(u32, Vec<u64>)>,
    left_out: Vec<u32>, // ascending
}

impl CallSteps {
    /// Nothing yet, from that moment on.
    pub(crate) fn new(from_ns: u64) -> Self {
        Self {
            from_ns,
            ends_ns: Vec::new(),
            looks_a_step: 1,
            looks_in_last: 0,
            sites: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// When the last look was.
    pub(crate) fn until_ns(&self) -> u64 {
        self.ends_ns.last().copied().unwrap_or(self.from_ns)
    }

    /// A look at that moment, and how often sites were called since the one before. One that comes very soon after it is of its step.
    pub(crate) fn look(&mut self, at_ns: u64, called: impl Iterator<Item = (u32, u64)>) {
        let begin = self.ends_ns.len().checked_sub(2);
        let begin = begin.map_or(self.from_ns, |at| self.ends_ns[at]);
        let until = self.until_ns();
        let soon = at_ns.saturating_sub(until) < until.saturating_sub(begin) / 8;
        if let Some(end) = self
            .ends_ns
            .last_mut()
            .filter(|_| soon || self.looks_in_last < self.looks_a_step)
        {
            *end = at_ns.max(*end);
            self.looks_in_last = self.looks_in_last.saturating_add(1);
        } else {
            if self.ends_ns.len() >= MOST_STEPS {
                self.thin();
            }
            self.ends_ns.push(at_ns.max(until));
            self.looks_in_last = 1;
        }
        for (site, calls) in called {
            self.add(site, calls);
        }
        let steps = self.ends_ns.len();
        self.sites
            .iter_mut()
            .for_each(|(_, calls)| calls.resize(steps, 0));
    }

    fn add(&mut self, site: u32, calls: u64) {
        let steps = self.ends_ns.len();
        let known = self.sites.iter().position(|known| known.0 == site);
        let at = match known {
            Some(at) => at,
            None if self.sites.len() < MOST_SITES => {
                self.sites.push((site, Vec::new()));
                self.sites.len() - 1
            }
            None => {
                if let Err(at) = self.left_out.binary_search(&site) {
                    self.left_out.insert(at, site);
                }
                return;
            }
        };
        let of_site = &mut self.sites[at].1;
        of_site.resize(steps, 0);
        if let Some(last) = of_site.last_mut() {
            *last = last.saturating_add(calls);
        }
    }

    /// Joins neighbours two and two.
    fn thin(&mut self) {
        let ends = self.ends_ns.chunks(2).filter_map(|pair| pair.last());
        self.ends_ns = ends.copied().collect();
        for (_, calls) in &mut self.sites {
            let sum = |pair: &[u64]| {
                pair.iter()
                    .fold(0u64, |sum, &more| sum.saturating_add(more))
            };
            *calls = calls.chunks(2).map(sum).collect();
        }
        self.looks_a_step = self.looks_a_step.saturating_mul(2);
    }

    /// What is known so far, sites as these rows name them; nothing before the first look.
    pub(crate) fn named(&self, rows: &[Row]) -> Option<CallsOverTime> {
        let named = |(number, calls): &(u32, Vec<u64>)| {
            Some(SiteCalls {
                site: row_id(site::numbered(*number)?, rows),
                calls: calls.clone(),
            })
        };
        (!self.ends_ns.is_empty()).then(|| CallsOverTime {
            from_ns: self.from_ns,
            ends_ns: self.ends_ns.clone(),
            sites: self.sites.iter().filter_map(named).collect(),
            left_out: self.left_out.len() as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(looks: u64) -> CallSteps {
        let mut steps = CallSteps::new(5);
        for look in 1..=looks {
            let busy = (look % 3 == 0).then_some((7, look));
            steps.look(5 + look * 1_000, busy.into_iter().chain([(9, 2)]));
        }
        steps
    }

    #[test]
    fn no_call_is_lost_however_thin_it_is() {
        for looks in [1, 2, 255, 256, 257, 1_000, 10_001] {
            let seen = steps(looks);
            assert!(seen.ends_ns.len() <= MOST_STEPS);
            assert_eq!(seen.until_ns(), 5 + looks * 1_000);
            let sum = |number: u32| -> u64 {
                let of_site = seen.sites.iter().find(|site| site.0 == number);
                of_site.map_or(0, |site| {
                    assert_eq!(site.1.len(), seen.ends_ns.len());
                    site.1.iter().sum()
                })
            };
            let thirds: u64 = (1..=looks).filter(|look| look % 3 == 0).sum();
            assert_eq!((sum(7), sum(9)), (thirds, 2 * looks), "{looks} looks");
        }
    }

    #[test]
    fn a_look_that_follows_at_once_makes_no_step_of_its_own() {
        let mut seen = steps(3);
        seen.look(3_005 + 10, [(9, 5)].into_iter());
        assert_eq!(seen.ends_ns, [1_005, 2_005, 3_015]);
        assert_eq!(seen.sites[0], (9, vec![2, 2, 7]));
    }

    #[test]
    fn sites_beyond_those_that_are_followed_are_counted() {
        let mut seen = CallSteps::new(0);
        let many = MOST_SITES as u32 + 10;
        (1..=3).for_each(|look| seen.look(look * 100, (1..=many).map(|site| (site, 1))));
        assert_eq!((seen.sites.len(), seen.left_out.len()), (MOST_SITES, 10));
    }

    #[test]
    fn an_interval_has_the_steps_after_the_earlier_one() {
        let of = |seen: CallSteps| CallsOverTime {
            from_ns: seen.from_ns,
            ends_ns: seen.ends_ns,
            sites: (seen.sites.into_iter())
                .map(|(site, calls)| SiteCalls {
                    site: site.to_string(),
                    calls,
                })
                .collect(),
            left_out: 0,
        };
        let (early, late) = (of(steps(3)), of(steps(5)));
        let after = late.after(Some(&early));
        assert_eq!((after.from_ns, after.ends_ns.len()), (3_005, 2));
        assert_eq!(
            after.site("9").map(|site| site.calls.clone()),
            Some(vec![2, 2])
        );
        // A look that was joined with the last step of the earlier one.
        let mut joined = steps(3);
        joined.look(3_015, [(9, 5)].into_iter());
        let after = of(joined).after(Some(&early));
        assert_eq!(
            (after.from_ns, after.ends_ns.as_slice()),
            (3_005, [3_015].as_slice())
        );
        assert_eq!(
            after.site("9").map(|site| site.calls.clone()),
            Some(vec![5])
        );
        assert_eq!(late.after(None), late);
        assert_eq!(late.steps().next(), Some((5, 1_005)));
    }
}
