//! By what rows are best told apart.

use super::join::{Goal, Used};
use super::row::{Row, Source};
use super::sort::sort;
use crate::pattern::ValueRef;

/// A key, and what of its value is looked at.
#[derive(Clone, Copy)]
pub(super) struct Split {
    /// The key's hash.
    pub(super) name: u64,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    /// All of it; a glob is none of these.
    Whole,
    /// The byte after so many that are the same in all rows.
    First(usize),
    /// The byte before so many that are the same in all rows.
    Last(usize),
}

impl Split {
    pub(super) const fn is_whole(self) -> bool {
        matches!(self.part, Part::Whole)
    }

    /// What tells it from other splits; how far it looks makes no difference.
    pub(super) const fn hash(self) -> u64 {
        self.name.wrapping_add(match self.part {
            Part::Whole => 0,
            Part::First(_) => 0x5555,
            Part::Last(_) => 0xAAAA,
        })
    }

    /// Equal for rows that may match one message; `REST` if the row says nothing about it.
    const fn of(self, value: ValueRef<'_>, pair_hash: u64) -> u64 {
        match self.part {
            Part::Whole => match value {
                ValueRef::Glob(_) => REST,
                // One bit less, so that no hash is `REST`; should two values fall together, they are compared
                // in the end.
                _ => pair_hash >> 1,
            },
            Part::First(at) => byte(value, at, false),
            Part::Last(at) => byte(value, at, true),
        }
    }
}

/// Stands for "no value" when rows are sorted by their value for a key.
const REST: u64 = u64::MAX;

/// What comes after the end of a text.
const END: u64 = 256;

/// The byte that every text with this value has at a place, from the beginning or the end.
const fn byte(value: ValueRef<'_>, at: usize, from_end: bool) -> u64 {
    let (text, glob) = match value {
        ValueRef::Str(text) => (text.as_bytes(), false),
        ValueRef::Glob(glob) => (glob.as_bytes(), true),
        _ => return REST,
    };
    if glob {
        return if at < literal(text, from_end) { byte_at(text, at, from_end) as u64 } else { REST };
    }
    if at < text.len() { byte_at(text, at, from_end) as u64 } else { END }
}

const fn byte_at(text: &[u8], at: usize, from_end: bool) -> u8 {
    if from_end { text[text.len() - 1 - at] } else { text[at] }
}

/// How many bytes a glob begins or ends with before a wild card. An escaped one counts as a wild card, too: then
/// less is known than could be.
const fn literal(glob: &[u8], from_end: bool) -> usize {
    let mut n = 0;
    while n < glob.len() && !matches!(byte_at(glob, n, from_end), b'*' | b'?') {
        n += 1;
    }
    n
}

/// Sorts rows by what a split looks at, those that say nothing about it last; says where those begin.
pub(super) const fn split(source: Source<'_>, rows: &mut [Row], by: Split) -> usize {
    let mut i = 0;
    while i < rows.len() {
        rows[i].sort = match source.key(rows[i], by.name) {
            Some(key) => by.of(key.value, key.pair_hash),
            None => REST,
        };
        i += 1;
    }
    sort(rows);
    while i > 0 && rows[i - 1].sort == REST {
        i -= 1;
    }
    i
}

/// The best split of one set of rows or, with two sides, of their pairs; none if all pairs must be looked at.
pub(super) const fn choose(
    source: Source<'_>,
    left: &[Row],
    right: &[Row],
    goal: Goal,
    used: &Used,
) -> Option<Split> {
    if used.is_full() {
        return None;
    }
    if let Some(name) = popular(source, left, right, goal, used, Part::Whole) {
        return Some(Split { name, part: Part::Whole });
    }
    if used.finer >= 16 {
        return None;
    }
    if let Some(name) = popular(source, left, right, goal, used, Part::First(0)) {
        let common = common(source, left, name, false, common(source, right, name, false, None));
        if let Some((_, n)) = common {
            return Some(Split { name, part: Part::First(n) });
        }
    }
    if let Some(name) = popular(source, left, right, goal, used, Part::Last(0)) {
        let common = common(source, left, name, true, common(source, right, name, true, None));
        if let Some((_, n)) = common {
            return Some(Split { name, part: Part::Last(n) });
        }
    }
    None
}

/// How many bytes all values begin or end with, those left out that have none; and one of the values.
const fn common<'a>(
    source: Source<'a>,
    rows: &[Row],
    name: u64,
    from_end: bool,
    mut common: Option<(&'a [u8], usize)>,
) -> Option<(&'a [u8], usize)> {
    let mut i = 0;
    while i < rows.len() {
        let (text, mut n) = match source.key(rows[i], name) {
            Some(key) => match key.value {
                ValueRef::Str(text) => (text.as_bytes(), text.len()),
                ValueRef::Glob(glob) => (glob.as_bytes(), literal(glob.as_bytes(), from_end)),
                _ => (&[] as &[u8], 0),
            },
            None => (&[] as &[u8], 0),
        };
        if n > 0 {
            if let Some((other, most)) = common {
                let mut same = 0;
                while same < n
                    && same < most
                    && byte_at(text, same, from_end) == byte_at(other, same, from_end)
                {
                    same += 1;
                }
                n = same;
            }
            common = Some((text, n));
        }
        i += 1;
    }
    common
}

/// The key for which most rows say something; with two sides, one that is on both. Only the first few different
/// keys are counted: a key that is in many rows is among them.
const fn popular(
    source: Source<'_>,
    left: &[Row],
    right: &[Row],
    goal: Goal,
    used: &Used,
    part: Part,
) -> Option<u64> {
    let mut counts =
        Counts { names: [0; Counts::SLOTS], left: [0; Counts::SLOTS], right: [0; Counts::SLOTS] };
    // The side with fewer rows first, lest the keys of the other leave no room for its own.
    if left.len() < right.len() {
        counts.add(source, left, false, used, part);
        counts.add(source, right, true, used, part);
    } else {
        counts.add(source, right, true, used, part);
        counts.add(source, left, false, used, part);
    }
    // A key of one row tells nothing, and one of few rows too little.
    let all = left.len() + right.len();
    let (mut best, mut most, mut i) = (None, all / 16, 0);
    if most < 1 {
        most = 1;
    }
    while i < Counts::SLOTS {
        // A message without the key is told from the patterns that have it.
        let whole_answer = matches!((goal, part), (Goal::Answer, Part::Whole));
        let both = right.is_empty() || (counts.right[i] > 0 && (counts.left[i] > 0 || whole_answer));
        if both && counts.left[i] + counts.right[i] > most {
            most = counts.left[i] + counts.right[i];
            best = Some(counts.names[i]);
        }
        i += 1;
    }
    best
}

struct Counts {
    names: [u64; Counts::SLOTS],
    left: [usize; Counts::SLOTS],
    right: [usize; Counts::SLOTS],
}

impl Counts {
    const SLOTS: usize = 32;

    const fn add(&mut self, source: Source<'_>, rows: &[Row], right: bool, used: &Used, part: Part) {
        let mut i = 0;
        while i < rows.len() {
            let keys = source.pattern(rows[i]).keys;
            let mut k = 0;
            while k < keys.len() {
                let split = Split { name: keys[k].name_hash, part };
                let value = split.of(keys[k].value, 0);
                if value != REST && value != END && !used.has(split) {
                    self.add_name(keys[k].name_hash, right);
                }
                k += 1;
            }
            i += 1;
        }
    }

    #[allow(clippy::cast_possible_truncation)] // only the low bits are used
    const fn add_name(&mut self, name: u64, right: bool) {
        let mut slot = (name % Counts::SLOTS as u64) as usize;
        let mut tries = 0;
        while self.names[slot] != name {
            if self.left[slot] + self.right[slot] == 0 {
                self.names[slot] = name;
                break;
            }
            slot = (slot + 1) % Counts::SLOTS;
            tries += 1;
            if tries == Counts::SLOTS {
                return;
            }
        }
        if right {
            self.right[slot] += 1;
        } else {
            self.left[slot] += 1;
        }
    }
}
