use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{NONE, Pairs};

/// patrun's structure with the documented rule: a node branches on the values of its alphabetically first
/// key, and has one way on without that key. A find follows every way, and keeps the pattern with most keys.
#[derive(Debug)]
pub struct Trie {
    names: Vec<String>,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    name: u32,
    values: HashMap<Box<str>, u32, RandomState>,
    without: u32,
    pattern: u32,
}

/// A pattern's number, and its pairs with numbered names.
type Row<'a> = (u32, Vec<(u32, &'a str)>);

impl Trie {
    /// Builds the nodes; a pattern's number is its index, and its pairs are sorted by name.
    pub fn new(patterns: &[Pairs]) -> Self {
        let mut names: Vec<String> = patterns.iter().flatten().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        let numbers: HashMap<String, u32> = names.iter().cloned().zip(0..).collect();
        let row = |(number, pairs): (u32, &'_ Pairs)| -> (u32, Vec<(u32, String)>) {
            (number, pairs.iter().map(|(name, value)| (numbers[name], value.clone())).collect())
        };
        let rows: Vec<(u32, Vec<(u32, String)>)> = (0..).zip(patterns).map(row).collect();
        let rows: Vec<Row<'_>> =
            rows.iter().map(|(n, pairs)| (*n, pairs.iter().map(|(k, v)| (*k, &**v)).collect())).collect();
        let mut trie = Trie { names, nodes: Vec::new() };
        trie.grow(&rows, (0..rows.len()).map(|row| (row, 0)).collect());
        trie
    }

    /// The number of the pattern that wins, or [`NONE`]; the message is sorted by name.
    pub fn find(&self, message: &[(&str, &str)]) -> u32 {
        let mut buffer = [None; 64];
        let values = &mut buffer[..self.names.len()];
        let mut at = 0;
        for (name, value) in message {
            while at < self.names.len() && self.names[at].as_str() < *name {
                at += 1;
            }
            if at < self.names.len() && self.names[at] == *name {
                values[at] = Some(*value);
            }
        }
        let mut best = (0, NONE);
        self.walk(0, 0, values, &mut best);
        best.1
    }

    fn walk(&self, node: u32, depth: u32, values: &[Option<&str>], best: &mut (u32, u32)) {
        let node = &self.nodes[node as usize];
        if node.pattern != NONE && (best.1 == NONE || depth > best.0) {
            *best = (depth, node.pattern);
        }
        if node.name == NONE {
            return;
        }
        if let Some(value) = values[node.name as usize]
            && let Some(next) = node.values.get(value)
        {
            self.walk(*next, depth + 1, values, best);
        }
        if node.without != NONE {
            self.walk(node.without, depth, values, best);
        }
    }

    fn grow(&mut self, rows: &[Row<'_>], here: Vec<(usize, usize)>) -> u32 {
        let me = self.nodes.len();
        self.nodes.push(Node { name: NONE, values: HashMap::default(), without: NONE, pattern: NONE });
        let mut first = NONE;
        for (row, at) in &here {
            match rows[*row].1.get(*at) {
                Some((name, _)) => first = first.min(*name),
                None => self.nodes[me].pattern = rows[*row].0,
            }
        }
        if first != NONE {
            self.nodes[me].name = first;
            let mut with: HashMap<&str, Vec<(usize, usize)>, RandomState> = HashMap::default();
            let mut without = Vec::new();
            for (row, at) in here {
                match rows[row].1.get(at) {
                    Some((name, value)) if *name == first => {
                        with.entry(value).or_default().push((row, at + 1));
                    }
                    Some(_) => without.push((row, at)),
                    None => {}
                }
            }
            for (value, rows_there) in with {
                let node = self.grow(rows, rows_there);
                self.nodes[me].values.insert(value.into(), node);
            }
            if !without.is_empty() {
                self.nodes[me].without = self.grow(rows, without);
            }
        }
        u32::try_from(me).expect("fewer than 2^32 nodes")
    }
}
