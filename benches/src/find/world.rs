use std::collections::HashSet;

/// Names and values, sorted by name.
pub type Pairs = Vec<(String, String)>;

/// A message: eight names and values, sorted by name.
pub type Message = Pairs;

const NAMES: [&str; 12] = [
    "cmd", "role", "action", "area", "base", "channel", "domain", "entity", "format", "group", "host", "kind",
];
const PLAIN: [&str; 8] = ["item", "qty", "price", "user", "note", "zz1", "zz2", "zz3"];
/// The number of keys of each message.
pub const KEYS: usize = 8;

/// Patterns of two or three of twelve names, over 200 combinations of names.
#[derive(Clone, Debug)]
pub struct World {
    /// The patterns, all different.
    pub patterns: Vec<Pairs>,
    values: usize,
}

impl World {
    /// Makes `count` patterns, the same for the same count.
    pub fn new(count: usize) -> Self {
        let mut random = Random(0x5EED_0001 + count as u64);
        let wanted = count.min(200);
        let mut sets = HashSet::new();
        while sets.len() < wanted {
            let len = 2 + random.below(2);
            let mut set = Vec::new();
            while set.len() < len {
                let name = random.below(NAMES.len());
                if !set.contains(&name) {
                    set.push(name);
                }
            }
            set.sort_by_key(|name| NAMES[*name]);
            sets.insert(set);
        }
        let mut sets: Vec<Vec<usize>> = sets.into_iter().collect();
        sets.sort();
        let per_set = count.div_ceil(wanted);
        // Enough values that patterns with two names do not run out of them.
        let values = (per_set * 9).isqrt().max(7) + 1;
        let mut seen = HashSet::new();
        let mut patterns = Vec::with_capacity(count);
        for set in sets.iter().cycle() {
            if patterns.len() == count {
                break;
            }
            let chosen: Vec<usize> = set.iter().map(|_| random.below(values)).collect();
            if seen.insert((set, chosen.clone())) {
                patterns.push(
                    set.iter().zip(chosen).map(|(name, v)| (NAMES[*name].into(), value(*name, v))).collect(),
                );
            }
        }
        World { patterns, values }
    }

    /// Messages that hold a pattern, two more names with values that occur, and other keys.
    pub fn hits(&self, count: usize) -> Vec<Message> {
        let mut random = Random(77);
        let message = |_| {
            let pattern = self.patterns[random.below(self.patterns.len())].clone();
            let names = pattern.len() + 2;
            self.fill(pattern, names, &mut random)
        };
        (0..count).map(message).collect()
    }

    /// Messages of five names with values that occur and other keys, which no pattern fits.
    pub fn misses(&self, count: usize, fits: impl Fn(&Message) -> bool) -> Vec<Message> {
        let mut random = Random(78);
        let mut messages = Vec::with_capacity(count);
        while messages.len() < count {
            let mut message = self.fill(Vec::new(), 5, &mut random);
            for attempt in 0.. {
                if !fits(&message) {
                    break;
                }
                let named: Vec<(usize, usize)> = (0..KEYS)
                    .filter_map(|i| Some((i, NAMES.iter().position(|name| *name == message[i].0)?)))
                    .collect();
                let (at, name) = named[random.below(named.len())];
                message[at].1 = if attempt < 30 {
                    value(name, random.below(self.values))
                } else {
                    format!("none{attempt}")
                };
            }
            messages.push(message);
        }
        messages
    }

    fn fill(&self, mut message: Message, names: usize, random: &mut Random) -> Message {
        while message.len() < names {
            let name = random.below(NAMES.len());
            if !message.iter().any(|(other, _)| other == NAMES[name]) {
                message.push((NAMES[name].into(), value(name, random.below(self.values))));
            }
        }
        for plain in PLAIN.iter().take(KEYS - message.len()) {
            message.push(((*plain).into(), format!("x{}", random.below(1000))));
        }
        message.sort();
        message
    }
}

fn value(name: usize, number: usize) -> String {
    format!("{}{number}", ["cart", "add-", "order", "v", "user-"][name % 5])
}

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = limit as u64;
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % limit).unwrap_or(0)
    }
}
