//! In: `/proc/self/cgroup` and `/proc/self/mountinfo`. Out: the folders of a controller's group and of the groups above it.

use super::Version;
use crate::probe::absence::{Absence, Reading, Why};
use crate::probe::file::{Buffer, Source, below};
use crate::probe::text;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

const CGROUP: &str = "/proc/self/cgroup";
const MOUNTINFO: &str = "/proc/self/mountinfo";

/// Groups above one another that are looked at, from the innermost.
const DEEPEST: usize = 8;

/// The folders of a controller, innermost first.
#[derive(Debug)]
pub(super) struct Levels {
    pub(super) version: Version,
    pub(super) folders: Vec<PathBuf>,
}

/// Where the group's hierarchy is mounted, and which part of it.
struct Mount {
    version: Version,
    part: PathBuf,  // of the hierarchy, as seen from its root
    point: PathBuf, // in the file system
}

/// The groups of this process that a controller (`memory`, `cpu`) rules.
pub(super) fn levels(root: &Path, controller: &[u8], buffer: &mut Buffer) -> Reading<Levels> {
    let (one, two) = own_groups(buffer.read(&Source::new(root, CGROUP))?, controller);
    if one.is_none() && two.is_none() {
        return Err(Absence::new(CGROUP, Why::Unsaid));
    }
    let mounts = buffer.read(&Source::new(root, MOUNTINFO))?;
    let found = |version, group: Option<PathBuf>| {
        let group = group?;
        let of_version = |mount: &Mount| mount.version == version;
        text::lines(mounts)
            .filter_map(|line| mount(line, controller))
            .filter(of_version)
            .find_map(|mount| folders(root, &mount, &group))
            .map(|folders| Levels { version, folders })
    };
    // Where a controller is in a hierarchy of version 1 it cannot be in that of version 2.
    found(Version::One, one)
        .or_else(|| found(Version::Two, two))
        .ok_or(Absence::new(MOUNTINFO, Why::Unsaid))
}

/// The group in the controller's own hierarchy, and in the one of version 2.
fn own_groups(text: &[u8], controller: &[u8]) -> (Option<PathBuf>, Option<PathBuf>) {
    let (mut one, mut two) = (None, None);
    for line in text::lines(text) {
        let mut parts = line.splitn(3, |&byte| byte == b':');
        let (Some(number), Some(controllers), Some(group)) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if controllers.is_empty() && number == b"0" {
            two = Some(path(group));
        } else if controllers.split(|&b| b == b',').any(|c| c == controller) {
            one = Some(path(group));
        }
    }
    (one, two)
}

/// `id parent major:minor root point options [optional ...] - type source super-options`
fn mount(line: &[u8], controller: &[u8]) -> Option<Mount> {
    let mut words = text::words(line);
    let part = words.nth(3)?;
    let point = words.next()?;
    let mut rest = words.skip_while(|word| *word != b"-").skip(1);
    let kind = rest.next()?;
    let options = rest.nth(1).unwrap_or(b"");
    let has_controller = || options.split(|&b| b == b',').any(|o| o == controller);
    let version = match kind {
        b"cgroup2" => Version::Two,
        b"cgroup" if has_controller() => Version::One,
        _ => return None,
    };
    Some(Mount {
        version,
        part: path(&unescaped(part)),
        point: path(&unescaped(point)),
    })
}

/// The group's folder and those above it that can be seen; `None` if the mount does not show it.
///
/// In a container the group may be named as the host sees it while only its own part is mounted; then the mount's top is it.
fn folders(root: &Path, mount: &Mount, group: &Path) -> Option<Vec<PathBuf>> {
    let top = below(root, &mount.point);
    let inside = group.strip_prefix(&mount.part).unwrap_or(Path::new(""));
    if inside.components().any(|c| c == Component::ParentDir) {
        return top.is_dir().then(|| vec![top]); // moved out of what our namespace shows
    }
    let own = top.join(inside);
    let own = if own.is_dir() { own } else { top.clone() };
    let above = own
        .ancestors()
        .take_while(|folder| folder.starts_with(&top));
    let folders: Vec<PathBuf> = above.take(DEEPEST).map(Path::to_path_buf).collect();
    top.is_dir().then_some(folders)
}

/// Blanks and the like in mount points are written as three octal digits.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut at = 0;
    while at < word.len() {
        let code = word.get(at + 1..at + 4).filter(|_| word[at] == b'\\');
        let octal = code.and_then(|digits| {
            let digit = |d: &u8| (b'0'..=b'7').contains(d).then(|| u32::from(d - b'0'));
            let sum = digits
                .iter()
                .try_fold(0, |sum, d| Some(8 * sum + digit(d)?))?;
            u8::try_from(sum).ok()
        });
        plain.push(octal.unwrap_or(word[at]));
        at += if octal.is_some() { 4 } else { 1 };
    }
    plain
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_both_versions_are_told_apart() {
        let text = b"4:memory,hugetlb:/a b/c\n1:name=systemd:/x\n0::/two\ngarbage\n";
        let (one, two) = own_groups(text, b"memory");
        assert_eq!(one, Some(PathBuf::from("/a b/c")));
        assert_eq!(two, Some(PathBuf::from("/two")));
        assert_eq!(own_groups(text, b"cpu").0, None);
    }

    #[test]
    fn mounts_with_escaped_blanks_and_optional_fields() {
        let line = br"35 31 0:32 /docker/x /sys/fs/my\040group rw shared:9 master:1 - cgroup cgroup rw,memory";
        let found = mount(line, b"memory").expect("a mount");
        assert_eq!(found.part, PathBuf::from("/docker/x"));
        assert_eq!(found.point, PathBuf::from("/sys/fs/my group"));
        assert!(mount(line, b"cpu").is_none());
        assert!(mount(b"1 2 3", b"cpu").is_none());
    }
}
