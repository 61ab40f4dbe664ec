//! In: a site and a label's value. Out: the site of that label's row; bounded, and without a lock once a thread knows the labels.

use crate::record::thread;
use crate::site::Site;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write};

/// Rows a site's labels may have; later values share one more, [`OVERFLOW`].
pub(crate) const MAX_LABELS: usize = 64;

/// The label of the row that takes what [`MAX_LABELS`] leaves over.
pub(crate) const OVERFLOW: &str = "(more labels)";

/// Bytes kept of a label.
const MAX_BYTES: usize = 128;

/// A site's labels as all threads know them.
#[derive(Clone, Default)]
struct Labels {
    rows: HashMap<Box<str>, &'static Site>,
    overflow: Option<&'static Site>, // set once the rows are full; from then on nothing changes
}

static ALL: Mutex<Option<HashMap<usize, Labels>>> = Mutex::new(None);

thread_local! {
    static KNOWN: RefCell<HashMap<usize, Labels>> = RefCell::new(HashMap::new());
}

/// The row of one label value beneath `site`. On a thread that is ending, the site itself.
pub(crate) fn row(site: &'static Site, label: &dyn fmt::Display) -> &'static Site {
    let mut text = Text {
        bytes: [0; MAX_BYTES],
        length: 0,
    };
    let _ = write!(text, "{label}");
    let text = text.as_str();
    let key = std::ptr::from_ref(site).addr();
    let known = KNOWN.try_with(|known| known.try_borrow().ok()?.get(&key)?.find(text));
    match known {
        Ok(Some(row)) => row,
        Ok(None) => thread::quietly(|| learn(site, key, text)),
        Err(_) => site,
    }
}

impl Labels {
    fn find(&self, label: &str) -> Option<&'static Site> {
        self.rows.get(label).copied().or(self.overflow)
    }
}

/// Finds or makes the row under the lock, and takes home what all threads know of the site.
#[cold]
fn learn(site: &'static Site, key: usize, label: &str) -> &'static Site {
    let mut all = ALL.lock();
    let labels = all.get_or_insert_default().entry(key).or_default();
    let row = labels.find(label).unwrap_or_else(|| {
        let row = Site::leak_label(site, label);
        labels.rows.insert(label.into(), row);
        if labels.rows.len() == MAX_LABELS {
            labels.overflow = Some(Site::leak_label(site, OVERFLOW));
        }
        row
    });
    let _ = KNOWN.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known.insert(key, labels.clone());
        }
    });
    row
}

/// A label's text, cut at a character's end.
struct Text {
    bytes: [u8; MAX_BYTES],
    length: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or("")
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_BYTES - self.length;
        let most = text.len().min(room);
        let cut = (0..=most)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        self.bytes[self.length..self.length + cut].copy_from_slice(&text.as_bytes()[..cut]);
        self.length += cut;
        if cut < text.len() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}
