//! The router beside a strict alphabetical trie, a linear scan, and npm's patrun.
//!
//! `find [--quick] [--json] [--without patrun]`. Times are processor time; every find waits for the one
//! before.

mod patrun;

use std::hint::black_box;
use std::time::{Duration, Instant};

use matchbus::pattern::{Pattern, Scalar};
use matchbus::router::Matcher;
use matchbus_benches::find::{KEYS, Linear, Message, NONE, Pairs, Trie, World};
use matchbus_benches::{Line, Options, alloc, clock, median, median_ratio, print, take_turns};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

/// Messages of each kind: enough that no branch predictor learns them.
const MESSAGES: usize = 16_384;

/// How often a million patterns are built. Each time they lie elsewhere in memory; the tables take turns, so that no place,
/// lucky or not, decides.
const TABLES: usize = 3;

fn main() {
    let options = Options::from_command_line();
    let peer = options.with("patrun").then(|| {
        patrun::Peer::install().unwrap_or_else(|error| {
            eprintln!("npm's patrun cannot take part: {error}\nuse `--without patrun` to measure without it");
            std::process::exit(1);
        })
    });
    let (rounds, slice) = if options.quick { (9, 30) } else { (15, 120) };
    let slice = Duration::from_millis(slice);
    let mut lines = Vec::new();
    // First, as in a program that starts: later the heap is full of holes.
    let build_time = build_time(rounds);
    let ten = Bench::new(10, 1, true);
    let thousand = Bench::new(1000, 1, true);
    let million = Bench::new(1_000_000, TABLES, false);
    for hit in [true, false] {
        let kind = if hit { "hit" } else { "miss" };
        let mut process = peer.as_ref().map(|peer| peer.start(&thousand.world, thousand.messages(hit)));
        let mut cases = vec![
            ten.ours(hit, slice),
            ten.linear(hit, slice),
            thousand.ours(hit, slice),
            thousand.trie(hit, slice),
            thousand.linear(hit, slice),
            million.ours(hit, slice),
            million.trie(hit, slice),
        ];
        if let Some(process) = &mut process {
            cases.push(Box::new(move || process.ns_per_find(slice)));
        }
        let figures = take_turns(rounds, &mut cases);
        let mut line = |case: &str, name: &str, ours: usize, theirs: usize, goal: f64| {
            let (ours, theirs) = (&figures[ours], &figures[theirs]);
            let case = format!("find, {case}, {kind} (ns)");
            lines.push(Line::new(case, name, median(ours), median(theirs), median_ratio(ours, theirs), goal));
        };
        line("10 patterns", "linear scan", 0, 1, 1.1);
        line("1,000 patterns", "strict trie", 2, 3, 0.30);
        line("1,000 patterns", "linear scan", 2, 4, 0.04);
        line("1,000,000 patterns", "strict trie", 5, 6, 0.20);
        line("1,000,000 patterns", "itself at 1,000", 5, 2, 4.5);
        if peer.is_some() {
            line("1,000 patterns", "npm patrun 7.3", 2, 7, 0.1);
        }
    }
    lines.push(Line::limit("1,000,000 patterns held (bytes a pattern)", million.bytes_per_pattern, 120.0));
    lines.push(Line::limit("build of 10,000 patterns (µs)", build_time, 2500.0));
    print(&lines, options.json);
    std::process::exit(i32::from(lines.iter().any(|line| !line.met)));
}

struct Bench {
    world: World,
    hits: Vec<Message>,
    misses: Vec<Message>,
    hit_texts: String,
    miss_texts: String,
    matchers: Vec<Matcher<u32>>,
    trie: Trie,
    linear: Option<Linear>,
    bytes_per_pattern: f64,
}

type Case<'a> = Box<dyn FnMut() -> f64 + 'a>;

impl Bench {
    fn new(patterns: usize, tables: usize, with_linear: bool) -> Self {
        let world = World::new(patterns);
        let before = alloc::live();
        let mut matchers = vec![build(world.patterns.iter().map(pattern))];
        let bytes_per_pattern = (alloc::live() - before) as f64 / patterns as f64;
        let answer = |matcher: &Matcher<u32>, message: &Message| {
            matcher.find(&scalars(message)[..]).map_or(NONE, |found| *found.value())
        };
        let hits = world.hits(MESSAGES);
        let misses = world.misses(MESSAGES, |message| answer(&matchers[0], message) != NONE);
        let trie = Trie::new(&world.patterns);
        let linear = with_linear.then(|| Linear::new(&world.patterns));
        matchers.extend((1..tables).map(|_| build(world.patterns.iter().map(pattern))));
        for message in hits.iter().chain(&misses) {
            let found = trie.find(&texts(message));
            for matcher in &matchers {
                assert_eq!(answer(matcher, message), found, "the trie disagrees on {message:?}");
            }
            if let Some(linear) = &linear {
                assert_eq!(linear.find(&texts(message)), found, "the scan disagrees on {message:?}");
            }
        }
        let text =
            |messages: &[Message]| messages.iter().flatten().flat_map(|(n, v)| [n.as_str(), v]).collect();
        let (hit_texts, miss_texts) = (text(&hits), text(&misses));
        Bench { world, hits, misses, hit_texts, miss_texts, matchers, trie, linear, bytes_per_pattern }
    }

    fn messages(&self, hit: bool) -> &[Message] {
        if hit { &self.hits } else { &self.misses }
    }

    fn ours(&self, hit: bool, slice: Duration) -> Case<'_> {
        let messages: Vec<(&str, Scalar<'_>)> =
            self.packed(hit).iter().map(|(name, value)| (*name, Scalar::Str(value))).collect();
        let mut turns = self.matchers.iter().cycle();
        Box::new(move || {
            let matcher = turns.next().expect("there is at least one");
            ns_per_find(slice, |i| {
                matcher.find(&messages[i * KEYS..][..KEYS]).map_or(NONE, |found| *found.value())
            })
        })
    }

    fn trie(&self, hit: bool, slice: Duration) -> Case<'_> {
        let messages = self.packed(hit);
        Box::new(move || ns_per_find(slice, |i| self.trie.find(&messages[i * KEYS..][..KEYS])))
    }

    fn linear(&self, hit: bool, slice: Duration) -> Case<'_> {
        let messages = self.packed(hit);
        let linear = self.linear.as_ref().expect("asked for only where it was built");
        Box::new(move || ns_per_find(slice, |i| linear.find(&messages[i * KEYS..][..KEYS])))
    }

    /// The keys of all messages, one message after another, with their texts side by side as in a buffer that
    /// was read.
    fn packed(&self, hit: bool) -> Vec<(&str, &str)> {
        let mut rest = if hit { &*self.hit_texts } else { &*self.miss_texts };
        let mut take = |len: usize| {
            let (text, after) = rest.split_at(len);
            rest = after;
            text
        };
        let pairs = self.messages(hit).iter().flatten();
        pairs.map(|(name, value)| (take(name.len()), take(value.len()))).collect()
    }
}

/// Nanoseconds of one find, while `find` is called again and again for this long.
///
/// Each find chooses the next message by its result, in a way the compiler cannot see through.
fn ns_per_find(slice: Duration, mut find: impl FnMut(usize) -> u32) -> f64 {
    let zero = black_box(0u32);
    let mut i = 0usize;
    let mut run = |slice: Duration| {
        let mut finds = 0u64;
        let (ns, ()) = clock::time(|| {
            let start = Instant::now();
            while start.elapsed() < slice {
                for _ in 0..64 {
                    let found = find(i);
                    i = (i + 1 + (found & zero) as usize) % MESSAGES;
                }
                finds += 64;
            }
        });
        ns / finds as f64
    };
    // The case before has filled the caches with its own.
    run(slice / 2);
    run(slice)
}

fn build(patterns: impl Iterator<Item = Pattern>) -> Matcher<u32> {
    let mut matcher = Matcher::new();
    for (number, pattern) in (0..).zip(patterns) {
        matcher.add(&pattern, number);
    }
    // The first find builds the index.
    black_box(matcher.find(&[("", Scalar::Null)]));
    matcher
}

fn build_time(rounds: usize) -> f64 {
    let patterns: Vec<Pattern> = World::new(10_000).patterns.iter().map(pattern).collect();
    let figures: Vec<f64> = (0..rounds)
        .map(|_| {
            let (ns, matcher) = clock::time(|| {
                let mut matcher = Matcher::new();
                for (number, pattern) in (0u32..).zip(&patterns) {
                    matcher.add(pattern, number);
                }
                black_box(matcher.find(&[("", Scalar::Null)]));
                matcher
            });
            drop(matcher);
            ns / 1000.0
        })
        .collect();
    median(&figures)
}

fn pattern(pairs: &Pairs) -> Pattern {
    Pattern::new(pairs.iter().map(|(name, value)| (name.as_str(), value))).expect("names are distinct")
}

fn scalars(message: &Message) -> Vec<(&str, Scalar<'_>)> {
    message.iter().map(|(name, value)| (name.as_str(), Scalar::Str(value))).collect()
}

fn texts(message: &Message) -> Vec<(&str, &str)> {
    message.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
