//! Stand-in until the router lands.
#![allow(missing_docs)]
use crate::pattern::{Pattern, Scalar, value_matches};
pub trait Fields {
    fn len(&self) -> usize;
    fn get(&self, i: usize) -> (&str, Scalar<'_>);
}
impl Fields for [(&str, Scalar<'_>)] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        self[i]
    }
}
#[derive(Debug)]
pub struct Matcher<T>(Vec<(Pattern, i32, T)>);
impl<T> Matcher<T> {
    pub fn new() -> Self {
        Matcher(vec![])
    }
    pub fn add_ranked(&mut self, p: Pattern, r: i32, v: T) -> Option<T> {
        if let Some(row) = self.0.iter_mut().find(|row| row.0 == p) {
            return Some(std::mem::replace(&mut row.2, v));
        }
        self.0.push((p, r, v));
        self.0.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(b.1.cmp(&a.1)).then_with(|| a.0.to_string().cmp(&b.0.to_string())));
        None
    }
    pub fn find_all<F: Fields + ?Sized>(&self, f: &F) -> Vec<&T> {
        self.0
            .iter()
            .filter(|(p, _, _)| {
                p.iter().all(|(k, v)| (0..f.len()).any(|i| { let (n, s) = f.get(i); n == k && value_matches(v, s) }))
            })
            .map(|r| &r.2)
            .collect()
    }
    pub fn find<F: Fields + ?Sized>(&self, f: &F) -> Option<&T> {
        self.find_all(f).into_iter().next()
    }
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|r| &r.2)
    }
    pub fn explain<F: Fields + ?Sized>(&self, _: &F) -> String {
        String::from("stand-in")
    }
}

pub fn precedence(a: (&Pattern, i32), b: (&Pattern, i32)) -> std::cmp::Ordering {
    b.0.len().cmp(&a.0.len()).then(b.1.cmp(&a.1)).then_with(|| a.0.to_string().cmp(&b.0.to_string()))
}

impl Fields for crate::message::json::Scan<'_> {
    fn len(&self) -> usize {
        crate::message::json::Scan::len(self)
    }
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        (self.key(i), self.scalar(i))
    }
}
