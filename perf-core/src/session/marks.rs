//! In: the process's sessions as they start and end. Out: those that were alive while resources were sampled, as marks in the series.

use crate::snapshot::SessionMark;
use parking_lot::Mutex;
use std::time::Instant;

/// Sessions that are remembered; beyond that those that ended first are forgotten.
const MOST: usize = 32;

/// Letters of a name that are remembered.
const LONGEST: usize = 120;

static SESSIONS: Mutex<Sessions> = Mutex::new(Sessions {
    started: 0,
    known: Vec::new(),
});

struct Sessions {
    started: u64,
    known: Vec<Known>, // in order of their start
}

struct Known {
    number: u64,
    name: String,
    from: Instant,
    to: Option<Instant>,
}

/// A session has started; gives its number.
pub(super) fn start(name: &str) -> u64 {
    SESSIONS.lock().start(name, Instant::now())
}

/// The session of this number has ended.
pub(super) fn end(number: u64) {
    SESSIONS.lock().end(number, Instant::now());
}

/// The sessions that were alive after this moment.
pub(super) fn since(moment: Instant) -> Vec<SessionMark> {
    SESSIONS.lock().since(moment)
}

impl Sessions {
    fn start(&mut self, name: &str, now: Instant) -> u64 {
        if self.known.len() >= MOST {
            let ended = self.known.iter().enumerate();
            let first = ended.filter_map(|(at, known)| Some((known.to?, at))).min();
            // With so many alive, the one that started first makes room.
            self.known.remove(first.map_or(0, |(_, at)| at));
        }
        self.started += 1;
        self.known.push(Known {
            number: self.started,
            name: name.chars().take(LONGEST).collect(),
            from: now,
            to: None,
        });
        self.started
    }

    fn end(&mut self, number: u64, now: Instant) {
        let known = self.known.iter_mut();
        for session in known.filter(|session| session.number == number) {
            session.to = Some(now);
        }
    }

    fn since(&self, moment: Instant) -> Vec<SessionMark> {
        let after = |at: Instant| {
            let time = at.checked_duration_since(moment)?;
            Some(time.as_nanos() as u64)
        };
        let alive = |session: &&Known| session.to.is_none_or(|to| to > moment);
        let mark = |session: &Known| {
            let to_ns = session.to.and_then(after);
            SessionMark::new(&session.name, after(session.from), to_ns)
        };
        self.known.iter().filter(alive).map(mark).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_was_alive_is_marked_and_memory_is_bounded() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut sessions = Sessions {
            started: 0,
            known: Vec::new(),
        };
        let outer = sessions.start("outer", at(1));
        let early = sessions.start("early", at(2));
        sessions.end(early, at(3));
        let inner = sessions.start("inner", at(7));
        sessions.end(inner, at(9));
        let ms = |ms: u64| Some(ms * 1_000_000);
        let seen = [
            SessionMark::new("outer", None, None),
            SessionMark::new("inner", ms(2), ms(4)),
        ];
        assert_eq!(sessions.since(at(5)), seen);
        for _ in 0..1_000 {
            let one = sessions.start("one of many", at(10));
            sessions.end(one, at(11));
        }
        assert_eq!(sessions.known.len(), MOST);
        assert_eq!(
            sessions.known[0].number, outer,
            "what lives is not forgotten"
        );
    }
}
