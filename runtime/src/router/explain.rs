use std::fmt;

use super::store::Store;
use crate::pattern::{Compare, Fields, NumberText, Pattern, Scalar, Value, ValueRef};
use crate::sort::sort_by;

/// The most near misses that are told.
const NEAR: usize = 5;

/// The most characters of a message's value that are shown.
const SHOWN: usize = 60;

/// Which patterns fit a message, in order of precedence, why the first wins, and which nearly fit.
///
/// [`Display`](fmt::Display) says it in words.
///
/// ```
/// use matchbus::pattern::Scalar;
/// use matchbus::router::Matcher;
///
/// let mut matcher = Matcher::new();
/// for text in ["role:cart", "role:cart,cmd:add", "role:cart,cmd:drop"] {
///     matcher.add(&text.parse()?, ());
/// }
/// let why = matcher.explain(&[("role", Scalar::Str("cart")), ("cmd", Scalar::Str("add"))]);
/// assert_eq!(
///     why.to_string(),
///     "`cmd:add,role:cart` wins over `role:cart`: it has more keys, 2 against 1\n\
///      near miss `cmd:drop,role:cart`: `cmd` is add, not drop"
/// );
/// # Ok::<(), matchbus::pattern::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The patterns that fit, in order of precedence: the first wins.
    pub matched: Vec<Matched>,
    /// Why the first wins over the second; none if fewer than two fit.
    pub reason: Option<Reason>,
    /// At most five patterns that nearly fit, nearest first.
    pub near: Vec<NearMiss>,
}

impl Explanation {
    /// What to change about a message that no pattern fits, so that the nearest one does; none if none comes near.
    ///
    /// ```
    /// # use matchbus::pattern::Scalar;
    /// # let mut matcher = matchbus::router::Matcher::new();
    /// matcher.add(&"role:cart,cmd:add".parse()?, ());
    /// let why = matcher.explain(&[("role", Scalar::Str("cart"))]);
    /// assert_eq!(why.cure().as_deref(), Some("to reach `cmd:add,role:cart`, add the key `cmd` with the value add"));
    /// # Ok::<(), matchbus::pattern::PatternError>(())
    /// ```
    pub fn cure(&self) -> Option<String> {
        let near = self.near.first().filter(|_| self.matched.is_empty())?;
        let cures: Vec<String> = near.differences.iter().map(Difference::cure).collect();
        Some(format!("to reach `{}`, {}", near.pattern, cures.join(" and ")))
    }

    /// The pattern that wins.
    pub fn winner(&self) -> Option<&Pattern> {
        self.matched.first().map(|matched| &matched.pattern)
    }
}

/// A pattern that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Matched {
    /// The pattern.
    pub pattern: Pattern,
    /// Its rank.
    pub rank: i32,
}

/// The rule by which one pattern wins over another; [`Display`](fmt::Display) says it of the winner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It has more keys.
    MoreKeys {
        /// Its number of keys.
        has: usize,
        /// The other's.
        other: usize,
    },
    /// It has the higher rank.
    HigherRank {
        /// Its rank.
        has: i32,
        /// The other's.
        other: i32,
    },
    /// It has more exact values.
    MoreExact {
        /// Its number of exact values.
        has: usize,
        /// The other's.
        other: usize,
    },
    /// Its list of keys comes first in the alphabet: the first key that only it has, and what the other has
    /// there.
    KeysFirst {
        /// Its key.
        has: String,
        /// The other's.
        other: String,
    },
    /// It has a text at this key and the other a glob; only when comparing as text.
    TextBeforeGlob {
        /// The key.
        key: String,
    },
    /// Its canonical text comes first; only when comparing with types.
    TextFirst,
    /// It was added first; only when comparing as text.
    AddedFirst,
}

/// A pattern that does not fit, but shares keys and values with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearMiss {
    /// The pattern.
    pub pattern: Pattern,
    /// The number of its keys that fit.
    pub fitting: usize,
    /// Its keys that do not.
    pub differences: Vec<Difference>,
}

/// A key of a pattern that does not fit; [`Display`](fmt::Display) says how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The key.
    pub key: String,
    /// The value the pattern has.
    pub wanted: Value,
    /// The value the message has, in canonical form and cut when long; none when it has no such key.
    pub found: Option<String>,
}

pub(super) fn explain(store: &Store, places: &[u32], message: &dyn Fields) -> Explanation {
    let reason = match places {
        [first, second, ..] => Some(reason(store, *first, *second)),
        _ => None,
    };
    let matched = |place: &u32| Matched { pattern: store.pattern(*place), rank: store.shape_of(*place).rank };
    Explanation { matched: places.iter().map(matched).collect(), reason, near: near(store, message) }
}

fn reason(store: &Store, first: u32, second: u32) -> Reason {
    let (a, b) = (store.shape_of(first), store.shape_of(second));
    if a.keys.len() != b.keys.len() {
        return Reason::MoreKeys { has: a.keys.len(), other: b.keys.len() };
    }
    if a.rank != b.rank {
        return Reason::HigherRank { has: a.rank, other: b.rank };
    }
    if store.compare == Compare::Typed && a.globs() != b.globs() {
        return Reason::MoreExact { has: a.keys.len() - a.globs(), other: b.keys.len() - b.globs() };
    }
    let sorted = |place: u32| {
        let mut keys: Vec<(&str, bool)> =
            store.shape_of(place).keys.iter().map(|k| (&*store.names()[k.name as usize], k.glob)).collect();
        if store.compare == Compare::Text {
            sort_by(&mut keys, |a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        }
        keys
    };
    let (a, b) = (sorted(first), sorted(second));
    if let Some((a, b)) = a.iter().zip(&b).find(|(a, b)| a.0 != b.0) {
        return Reason::KeysFirst { has: a.0.into(), other: b.0.into() };
    }
    match store.compare {
        Compare::Typed => Reason::TextFirst,
        Compare::Text => match a.iter().zip(&b).find(|(a, b)| a.1 != b.1) {
            Some((a, _)) => Reason::TextBeforeGlob { key: a.0.into() },
            None => Reason::AddedFirst,
        },
    }
}

fn near(store: &Store, message: &dyn Fields) -> Vec<NearMiss> {
    let mut values: Vec<Option<Scalar<'_>>> = vec![None; store.names().len()];
    for field in 0..message.len() {
        let (name, value) = message.get(field);
        if let Some(name) = store.name(name) {
            values[name as usize] = Some(value);
        }
    }
    // Fewest differences first, then most keys that fit; the text only where those are equal.
    let mut nearest: Vec<(usize, usize, String, u32)> = Vec::with_capacity(NEAR + 1);
    for place in store.places() {
        let (mut fitting, mut differing, mut present) = (0, 0, false);
        for (key, raw) in store.pairs(place) {
            match values[key.name as usize] {
                Some(found) if raw.value(key.glob).fits(store.compare, found) => fitting += 1,
                found => {
                    differing += 1;
                    present |= found.is_some();
                }
            }
        }
        let near = differing > 0 && (fitting >= differing || differing == 1 && present);
        let score = (differing, usize::MAX - fitting);
        if !near || (nearest.len() == NEAR && nearest.last().is_some_and(|last| (last.0, last.1) < score)) {
            continue;
        }
        nearest.push((score.0, score.1, store.pattern(place).to_string(), place));
        sort_by(&mut nearest, Ord::cmp);
        nearest.truncate(NEAR);
    }
    nearest
        .into_iter()
        .map(|(_, unfitting, _, place)| near_miss(store, place, usize::MAX - unfitting, &values))
        .collect()
}

fn near_miss(store: &Store, place: u32, fitting: usize, values: &[Option<Scalar<'_>>]) -> NearMiss {
    let difference = |(key, raw): (super::store::Key, super::store::Raw<'_>)| {
        let wanted = raw.value(key.glob);
        let found = values[key.name as usize];
        (!found.is_some_and(|found| wanted.fits(store.compare, found))).then(|| Difference {
            key: store.names()[key.name as usize].to_string(),
            wanted: wanted.into(),
            found: found.map(show),
        })
    };
    NearMiss {
        pattern: store.pattern(place),
        fitting,
        differences: store.pairs(place).filter_map(difference).collect(),
    }
}

fn show(value: Scalar<'_>) -> String {
    match value {
        Scalar::Str(s) => match s.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", ValueRef::Str(&s[..end])),
            None => ValueRef::Str(s).to_string(),
        },
        Scalar::Int(n) => n.to_string(),
        Scalar::Bool(b) => b.to_string(),
        Scalar::Float(n) => NumberText::from(n).to_string(),
        Scalar::Null => "null".into(),
        Scalar::List => "a list".into(),
        Scalar::Object => "an object".into(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.matched[..] {
            [] => write!(f, "no pattern fits")?,
            [only] => write!(f, "{only} fits and is the only one")?,
            [first, second, more @ ..] => {
                write!(f, "{first} wins over {second}")?;
                if let Some(reason) = &self.reason {
                    write!(f, ": {reason}")?;
                }
                if !more.is_empty() {
                    f.write_str("\nthen come")?;
                    for (i, matched) in more.iter().enumerate() {
                        write!(f, "{} {matched}", if i == 0 { "" } else { "," })?;
                    }
                }
            }
        }
        self.near.iter().try_for_each(|near| write!(f, "\nnear miss {near}"))?;
        self.cure().map_or(Ok(()), |cure| write!(f, "\n{cure}"))
    }
}

impl Difference {
    fn cure(&self) -> String {
        let key = &self.key;
        match (&self.found, &self.wanted) {
            (None, Value::Glob(_)) if self.wanted.to_string() == "*" => format!("add the key `{key}`"),
            (None, Value::Glob(glob)) => format!("add the key `{key}` with a value that fits {glob}"),
            (None, wanted) => format!("add the key `{key}` with the value {wanted}"),
            (Some(_), Value::Glob(glob)) => format!("give `{key}` a value that fits {glob}"),
            (Some(_), wanted) => format!("give `{key}` the value {wanted}"),
        }
    }
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.pattern)?;
        if self.rank == 0 { Ok(()) } else { write!(f, " (rank {})", self.rank) }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::MoreKeys { has, other } => write!(f, "it has more keys, {has} against {other}"),
            Reason::HigherRank { has, other } => {
                write!(f, "both have as many keys, and its rank is higher, {has} against {other}")
            }
            Reason::MoreExact { has, other } => {
                write!(f, "both have as many keys, and it has more exact values, {has} against {other}")
            }
            Reason::KeysFirst { has, other } => {
                write!(
                    f,
                    "both have as many keys, and its key `{has}` comes before `{other}` in the alphabet"
                )
            }
            Reason::TextBeforeGlob { key } => {
                write!(f, "both have the same keys, and at `{key}` it has a text and the other a glob")
            }
            Reason::TextFirst => f.write_str("both have the same keys, and its text comes first"),
            Reason::AddedFirst => f.write_str("both have the same keys, and it was added first"),
        }
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.pattern)?;
        for (i, difference) in self.differences.iter().enumerate() {
            write!(f, "{} {difference}", if i == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.found, &self.wanted) {
            (None, _) => write!(f, "`{}` is missing", self.key),
            (Some(found), Value::Glob(_)) => {
                write!(f, "`{}` is {found}, which does not fit {}", self.key, self.wanted)
            }
            (Some(found), _) => write!(f, "`{}` is {found}, not {}", self.key, self.wanted),
        }
    }
}
