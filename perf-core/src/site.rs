//! In: a place in the source. Out: [`Site`], the static that stands for it, and the list of all sites that were ever entered.

use parking_lot::Mutex;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

/// Rows a process can hold. Sites beyond it share the last row, which is named [`OVERFLOW_ID`].
pub const MAX_SITES: u32 = 16_384;

/// The id of the row that takes what [`MAX_SITES`] leaves over.
pub const OVERFLOW_ID: &str = "(more sites)";

/// What kind of passage a site measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A synchronous function.
    Function,
    /// A future: wall time from first poll to ready, busy time within polls.
    Future,
    /// A block or a hand-made span.
    Block,
    /// A span of the crate `tracing`: wall time from its creation to its close, busy time while it is entered.
    Span,
    /// Waiting for a lock that somebody else has.
    Wait,
    /// Holding a lock: part of nobody's self time.
    Held,
    /// A call of a reader or writer.
    Io,
    /// What a `counter!` counts: no row, a line of its own.
    Counter,
}

/// Where a span of the crate `tracing` comes from, beyond its name and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its target, usually the module it stands in.
    pub target: &'static str,
    /// Its level, such as `INFO`.
    pub level: &'static str,
}

/// Allocations are counted.
const ALLOCATIONS: u8 = 1;
/// The thread's CPU time is read.
const CPU: u8 = 2;
/// Bytes that pass through are counted.
const BYTES: u8 = 4;
/// Page faults and switches are counted.
const FAULTS: u8 = 8;

/// How a site is named.
#[derive(Debug)]
enum Name {
    /// By the compiler's path of an item inside the measured function.
    Path(fn() -> &'static str),
    /// By the user.
    Given(&'static str),
    /// A label's row beneath a site.
    Label(&'static Site, Box<str>),
}

/// A measured place in the source; lives in a `static` that `#[measure]` or `span!` writes.
///
/// It is constant until first entered while recording is on; then it gets a number, under which every thread keeps its cell.
///
/// ```
/// use perf_core::site::{Kind, Site};
/// static CHECKOUT: Site = Site::named("checkout", Kind::Block, file!(), line!(), column!());
/// assert_eq!(CHECKOUT.id(), "checkout");
/// ```
#[derive(Debug)]
pub struct Site {
    name: Name,
    kind: Kind,
    file: &'static str,
    line: u32,
    column: u32,
    full: bool, // never sampled
    also: u8,   // what is measured beside time: ALLOCATIONS, CPU, BYTES, FAULTS
    origin: Option<Origin>,
    index: AtomicU32, // 0 = not registered, else 1..=MAX_SITES
}

impl Site {
    /// A site named by the user.
    pub const fn named(
        name: &'static str,
        kind: Kind,
        file: &'static str,
        line: u32,
        column: u32,
    ) -> Self {
        Self::new(Name::Given(name), kind, file, line, column)
    }

    /// A site named by `path`, a function that returns the type name of an item within the measured function.
    pub const fn at(
        path: fn() -> &'static str,
        kind: Kind,
        file: &'static str,
        line: u32,
        column: u32,
    ) -> Self {
        Self::new(Name::Path(path), kind, file, line, column)
    }

    /// The same site, every call of which is recorded whatever the overhead budget says.
    #[must_use]
    pub const fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// The same site, which counts allocations too.
    #[must_use]
    pub const fn alloc(mut self) -> Self {
        self.also |= ALLOCATIONS;
        self
    }

    /// The same site, which reads the thread's CPU time too.
    #[must_use]
    pub const fn cpu(mut self) -> Self {
        self.also |= CPU;
        self
    }

    /// The same site, which counts page faults and switches too.
    #[must_use]
    pub const fn faults(mut self) -> Self {
        self.also |= FAULTS;
        self
    }

    /// The same site, which counts bytes that pass through too.
    #[must_use]
    pub(crate) const fn bytes(mut self) -> Self {
        self.also |= BYTES;
        self
    }

    /// The same site, of a span of the crate `tracing`.
    #[must_use]
    pub const fn from(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    const fn new(name: Name, kind: Kind, file: &'static str, line: u32, column: u32) -> Self {
        Self {
            name,
            kind,
            file,
            line,
            column,
            full: false,
            also: 0,
            origin: None,
            index: AtomicU32::new(0),
        }
    }

    /// The row for one label of `site`, made once and kept for the life of the process.
    pub(crate) fn leak_label(site: &'static Site, label: &str) -> &'static Site {
        let mut made = Self::new(
            Name::Label(site, label.into()),
            site.kind,
            site.file,
            site.line,
            site.column,
        );
        made.full = site.full;
        made.also = site.also;
        made.origin = site.origin;
        Box::leak(Box::new(made))
    }

    /// The id, stable across builds: `crate::module::function`, `crate::module::Type::method`,
    /// `<crate::Type as crate::Trait>::method`, or the given name; a label's row is `id{label}`.
    pub fn id(&self) -> Cow<'static, str> {
        match &self.name {
            Name::Path(path) => Cow::Owned(crate::site_path::readable(path())),
            Name::Given(name) => Cow::Borrowed(name),
            Name::Label(site, label) => Cow::Owned(format!("{}{{{label}}}", site.id())),
        }
    }

    /// The site and label this row stands for, if it is a label's row.
    pub fn label(&self) -> Option<(&'static Site, &str)> {
        match &self.name {
            Name::Label(site, label) => Some((site, label)),
            _ => None,
        }
    }

    /// What it measures.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Source file, line and column (from 1).
    pub const fn location(&self) -> (&'static str, u32, u32) {
        (self.file, self.line, self.column)
    }

    /// Target and level, where it is a span of the crate `tracing`.
    pub const fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// Whether allocations are counted.
    pub const fn counts_allocations(&self) -> bool {
        self.also & ALLOCATIONS != 0
    }

    /// Whether CPU time is read.
    pub const fn reads_cpu(&self) -> bool {
        self.also & CPU != 0
    }

    /// Whether page faults and switches are counted.
    pub const fn counts_faults(&self) -> bool {
        self.also & FAULTS != 0
    }

    /// Whether bytes that pass through are counted.
    pub(crate) const fn transfers(&self) -> bool {
        self.also & BYTES != 0
    }

    /// Whether the overhead budget leaves this site alone.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// The site's number, 0 before its first registration.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.index.load(Ordering::Relaxed)
    }

    /// The site's number, given now if it has none. Takes a lock: cold path only.
    #[cold]
    pub(crate) fn register(&'static self) -> u32 {
        let mut sites = SITES.lock();
        let known = self.index();
        if known != 0 {
            return known;
        }
        if sites.is_empty() {
            OVERFLOW.index.store(MAX_SITES, Ordering::Relaxed);
        }
        let index = (sites.len() as u32 + 1).min(MAX_SITES);
        if index < MAX_SITES {
            sites.push(self);
        }
        self.index.store(index, Ordering::Relaxed);
        index
    }
}

static SITES: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());
static OVERFLOW: Site = Site::named(OVERFLOW_ID, Kind::Block, "", 0, 0);

/// All registered sites in order of their numbers (the first has number 1); the overflow row is not among them.
pub(crate) fn registered() -> Vec<&'static Site> {
    SITES.lock().clone()
}

/// The registered site with this number. Takes a lock: cold path only.
pub(crate) fn numbered(index: u32) -> Option<&'static Site> {
    by_index(&SITES.lock(), index)
}

/// The site with this number, if any.
pub(crate) fn by_index(sites: &[&'static Site], index: u32) -> Option<&'static Site> {
    if index == MAX_SITES {
        Some(&OVERFLOW)
    } else {
        sites.get((index as usize).checked_sub(1)?).copied()
    }
}
