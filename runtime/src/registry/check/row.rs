//! What the rules work on: one small row of plain integers for each pattern, and for each declared output.

use super::hash::mix;
use super::value;
use crate::handler::Need;
use crate::message::MessageInfo;
use crate::pattern::{KeyInfo, PatternInfo, ValueRef};
use crate::registry::{Info, Kind};

/// A handler with the patterns it has in this process.
///
/// For a handler as it was written, the patterns are `info.patterns`. A group that was mounted with further keys
/// (`--with shard=0`) has other patterns, which the bus makes once at start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// The handler.
    pub(crate) info: &'static Info,
    /// Its patterns, further keys included.
    pub(crate) patterns: &'a [PatternInfo],
    /// Whether this process gives messages to it.
    pub(crate) mounted: bool,
}

/// Where rows point to: the lists of `services![…]`, or what the bus put together.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Lists(&'a [&'a [Info]]),
    Entries(&'a [Entry<'a>]),
}

/// A pattern of a handler, or an output it declares.
///
/// There is no reference in it: const evaluation keeps a sorted table of the pointers in an array, so that moving
/// rows with pointers costs more than all the rest of a check.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Row {
    /// What the rows are sorted by at the moment.
    pub(super) sort: u64,
    /// Hash of the keys and values.
    pub(super) pairs: u64,
    /// Hash of the keys.
    pub(super) names: u64,
    info: u32,
    /// The handler's rank.
    pub(super) rank: i32,
    list: u16,
    /// Which of the handler's patterns; for an output, which of its arguments.
    pub(super) nth: u16,
    /// For an output, which of the argument's needs.
    part: u16,
    /// How many keys the pattern has.
    pub(super) len: u16,
    /// Whether a value is a glob.
    pub(super) globs: bool,
    pub(super) service: bool,
    /// Whether the handler says `rank`.
    pub(super) ranked: bool,
    /// Whether the handler says `overrides`.
    pub(super) overrides: bool,
    /// Whether this is a declared output; its pattern is that of the message.
    output: bool,
    /// Whether the output is a call; the others are emitted.
    pub(super) calls: bool,
    /// Whether something that answers the output was found.
    pub(super) answered: bool,
}

impl Row {
    pub(super) const EMPTY: Row = Row {
        sort: 0,
        pairs: 0,
        names: 0,
        info: 0,
        rank: 0,
        list: 0,
        nth: 0,
        part: 0,
        len: 0,
        globs: false,
        service: false,
        ranked: false,
        overrides: false,
        output: false,
        calls: false,
        answered: false,
    };

    /// Reads a pattern. The hashes of `PatternInfo` are plain sums of FNV-1a hashes, by which `a:1,b:2` and
    /// `a:2,b:1` are often equal, so these are sums of the same hashes, mixed.
    const fn with(mut self, pattern: &PatternInfo) -> Self {
        let mut i = 0;
        while i < pattern.keys.len() {
            let key = &pattern.keys[i];
            self.names = self.names.wrapping_add(mix(key.name_hash));
            self.pairs = self.pairs.wrapping_add(mix(key.pair_hash));
            if let ValueRef::Glob(_) = key.value {
                self.globs = true;
            }
            i += 1;
        }
        self.len = small(pattern.keys.len());
        self
    }

    /// Whether both rows are of the same place in the list.
    pub(super) const fn same_entry(self, other: Row) -> bool {
        self.list == other.list && self.info == other.info
    }
}

/// Rows are small, so their numbers are.
#[allow(clippy::cast_possible_truncation)]
const fn small(n: usize) -> u16 {
    assert!(n <= u16::MAX as usize, "more than 65535 keys, patterns, arguments or lists");
    n as u16
}

#[allow(clippy::cast_possible_truncation)]
const fn small32(n: usize) -> u32 {
    assert!(n <= u32::MAX as usize, "more than 4294967295 handlers");
    n as u32
}

impl<'a> Source<'a> {
    const fn lists(self) -> usize {
        match self {
            Source::Lists(lists) => lists.len(),
            Source::Entries(_) => 1,
        }
    }

    const fn len(self, list: usize) -> usize {
        match self {
            Source::Lists(lists) => lists[list].len(),
            Source::Entries(entries) => entries.len(),
        }
    }

    const fn get(self, list: usize, info: usize) -> (&'a Info, &'a [PatternInfo]) {
        match self {
            Source::Lists(lists) => (&lists[list][info], lists[list][info].patterns.as_slice()),
            Source::Entries(entries) => (entries[info].info, entries[info].patterns),
        }
    }

    /// The handler of a row.
    pub(super) const fn info(self, row: Row) -> &'a Info {
        match self {
            Source::Lists(lists) => &lists[row.list as usize][row.info as usize],
            Source::Entries(entries) => entries[row.info as usize].info,
        }
    }

    /// The same with the lifetime that the run-time form of a problem needs.
    pub(super) fn entry(self, row: Row) -> Option<&'static Info> {
        match self {
            Source::Lists(_) => None,
            Source::Entries(entries) => Some(entries[row.info as usize].info),
        }
    }

    pub(super) const fn mounted(self, row: Row) -> bool {
        match self {
            Source::Lists(_) => true,
            Source::Entries(entries) => entries[row.info as usize].mounted,
        }
    }

    /// The pattern of a row: the handler's or, for an output, the message's.
    pub(super) const fn pattern(self, row: Row) -> &'a PatternInfo {
        if row.output {
            return &self.message(row).pattern;
        }
        &self.get(row.list as usize, row.info as usize).1[row.nth as usize]
    }

    /// The message of an output's row.
    pub(super) const fn message(self, row: Row) -> &'static MessageInfo {
        match self.info(row).needs[row.nth as usize][row.part as usize] {
            Need::Calls(message) | Need::Emits(message) => message,
            _ => panic!("matchbus: a row of an output without a message; please report this"),
        }
    }

    /// The value that a row's pattern has for a key.
    pub(super) const fn key(self, row: Row, name_hash: u64) -> Option<&'a KeyInfo> {
        value::key(self.pattern(row).keys, name_hash)
    }

    /// How many rows there will be: patterns, and declared outputs.
    pub(super) const fn count(self) -> (usize, usize) {
        let (mut patterns, mut outputs, mut list) = (0, 0, 0);
        while list < self.lists() {
            let mut i = 0;
            while i < self.len(list) {
                let (info, of_info) = self.get(list, i);
                patterns += of_info.len();
                let mut nth = 0;
                while nth < info.needs.len() {
                    outputs += info.needs[nth].len();
                    nth += 1;
                }
                i += 1;
            }
            list += 1;
        }
        (patterns, outputs)
    }

    /// Fills the rows of the patterns and of the outputs that must be answered, and says how many there are.
    pub(super) const fn fill(self, patterns: &mut [Row], outputs: &mut [Row]) -> (usize, usize) {
        let (mut n_patterns, mut n_outputs, mut list) = (0, 0, 0);
        while list < self.lists() {
            let mut i = 0;
            while i < self.len(list) {
                let (info, of_info) = self.get(list, i);
                let service = matches!(info.kind, Kind::Service);
                let (rank, ranked, overrides) = (info.rank, info.ranked, info.overrides);
                let (list_at, info_at) = (small(list), small32(i));
                let row =
                    Row { info: info_at, rank, list: list_at, service, ranked, overrides, ..Row::EMPTY };
                let mut nth = 0;
                while nth < of_info.len() {
                    patterns[n_patterns] = Row { nth: small(nth), ..row }.with(&of_info[nth]);
                    n_patterns += 1;
                    nth += 1;
                }
                n_outputs = fill_outputs(row, info.needs, outputs, n_outputs);
                i += 1;
            }
            list += 1;
        }
        (n_patterns, n_outputs)
    }
}

const fn fill_outputs(row: Row, needs: &[&[Need]], outputs: &mut [Row], mut n: usize) -> usize {
    let mut nth = 0;
    while nth < needs.len() {
        let mut part = 0;
        while part < needs[nth].len() {
            let (message, calls) = match needs[nth][part] {
                Need::Calls(message) => (message, true),
                Need::Emits(message) => (message, false),
                _ => {
                    part += 1;
                    continue;
                }
            };
            if !message.external {
                outputs[n] = Row { nth: small(nth), part: small(part), output: true, calls, ..row }
                    .with(&message.pattern);
                n += 1;
            }
            part += 1;
        }
        nth += 1;
    }
    n
}
