use std::fmt;
use std::hint::black_box;
use std::sync::OnceLock;

use super::explain::{self, Explanation};
use super::huge;
use super::index::Index;
use super::store::Store;
use crate::pattern::{Compare, Fields, Pattern, Value, ValueRef};
use crate::sort::order;

/// Patterns with values of type `T`, and which of them a message finds; see the [module](super).
///
/// Finding is fast after the first find: that one builds an index, and so does the first after a change of
/// the patterns. Replacing a value is not such a change.
#[derive(Clone)]
pub struct Matcher<T> {
    store: Store,
    /// By the number that the store keeps for each pattern.
    values: Vec<Option<T>>,
    free: Vec<u32>,
    index: OnceLock<Box<Index>>,
}

impl<T> Matcher<T> {
    /// An empty matcher that compares values with their types.
    pub fn new() -> Self {
        Matcher::with_compare(Compare::Typed)
    }

    /// An empty matcher that compares values as said.
    pub fn with_compare(compare: Compare) -> Self {
        Matcher { store: Store::new(compare), values: Vec::new(), free: Vec::new(), index: OnceLock::new() }
    }

    /// How values are compared.
    pub fn compare(&self) -> Compare {
        self.store.compare
    }

    /// Makes room for this many patterns in all.
    pub(crate) fn reserve(&mut self, patterns: usize) {
        self.store.reserve(patterns);
        self.values.reserve(patterns.saturating_sub(self.values.len()));
    }

    /// Adds a pattern with rank 0; if there is an equal pattern, replaces and returns its value.
    pub fn add(&mut self, pattern: &Pattern, value: T) -> Option<T> {
        self.add_ranked(pattern, 0, value)
    }

    /// Adds a pattern with a rank, which decides between patterns with as many keys: higher wins.
    ///
    /// If there is an equal pattern, whatever its rank, sets its rank, replaces its value and returns the old
    /// one.
    ///
    /// # Panics
    ///
    /// If the patterns become larger than 16 GiB.
    ///
    /// ```
    /// use matchbus::pattern::Scalar;
    /// use matchbus::router::Matcher;
    ///
    /// let mut matcher = Matcher::new();
    /// matcher.add(&"a:1".parse()?, "first by name");
    /// matcher.add_ranked(&"b:1".parse()?, 1, "higher");
    /// let message = [("a", Scalar::Int(1)), ("b", Scalar::Int(1))];
    /// assert_eq!(*matcher.find(&message).unwrap().value(), "higher");
    /// # Ok::<(), matchbus::pattern::PatternError>(())
    /// ```
    pub fn add_ranked(&mut self, pattern: &Pattern, rank: i32, value: T) -> Option<T> {
        let number = match self.free.last() {
            Some(number) => *number,
            None => u32::try_from(self.values.len()).expect("a router holds fewer than 2^32 patterns"),
        };
        match self.store.add(pattern, rank, number) {
            Ok(_) => {
                self.index.take();
                if self.free.pop().is_some() {
                    self.values[number as usize] = Some(value);
                } else {
                    self.values.push(Some(value));
                }
                None
            }
            Err(entry) => {
                if entry.rank_changed {
                    self.index.take();
                }
                self.values[entry.value as usize].replace(value)
            }
        }
    }

    /// Removes the pattern equal to this one and returns its value.
    pub fn remove(&mut self, pattern: &Pattern) -> Option<T> {
        let number = self.store.remove(pattern)?;
        self.index.take();
        self.free.push(number);
        self.values[number as usize].take()
    }

    /// Removes all patterns.
    pub fn clear(&mut self) {
        *self = Matcher::with_compare(self.compare());
    }

    /// The value of the pattern equal to this one.
    pub fn get(&self, pattern: &Pattern) -> Option<&T> {
        let number = self.store.get(pattern)?;
        self.values[number as usize].as_ref()
    }

    /// The value of the pattern equal to this one, to change it.
    pub fn get_mut(&mut self, pattern: &Pattern) -> Option<&mut T> {
        let number = self.store.get(pattern)?;
        self.values[number as usize].as_mut()
    }

    /// The pattern that wins for a message, with its value.
    #[inline]
    pub fn find<F: Fields + ?Sized>(&self, message: &F) -> Option<Found<'_, T>> {
        let fetch = |number: u32| {
            black_box(self.values.get(number as usize).is_some_and(Option::is_some));
        };
        let (place, number) = self.index().find(&self.store, message, &fetch)?;
        let value = self.values[number as usize].as_ref()?;
        Some(Found { store: &self.store, place, value })
    }

    /// As [`find`](Matcher::find), for messages of which there are few: compiled once, and not for every kind of message.
    pub(crate) fn find_any(&self, message: &dyn Fields) -> Option<Found<'_, T>> {
        let (place, number) = self.index().find_any(&self.store, message)?;
        let value = self.values[number as usize].as_ref()?;
        Some(Found { store: &self.store, place, value })
    }

    /// Builds the index now, and not at the first find.
    pub(crate) fn prepare(&self) {
        self.index();
    }

    /// All patterns that fit a message, in order of precedence: the first is what [`find`](Matcher::find)
    /// finds.
    pub fn find_all<F: Fields + ?Sized>(&self, message: &F) -> Vec<Found<'_, T>> {
        let places = self.index().find_all(&self.store, &message);
        places.into_iter().filter_map(|place| self.found(place)).collect()
    }

    /// Says which patterns fit a message, which wins and why, and which nearly fit.
    ///
    /// This looks at every pattern: it is for people, not for every message.
    pub fn explain<F: Fields + ?Sized>(&self, message: &F) -> Explanation {
        explain::explain(&self.store, &self.index().find_all(&self.store, &message), &message)
    }

    /// The patterns that have all keys of the pin with these values, sorted by canonical text.
    ///
    /// A pin's value may be a glob, which is compared with the text or the source of the glob that the
    /// pattern has; `*` asks for the key only. The empty pin lists everything.
    ///
    /// ```
    /// use matchbus::router::Matcher;
    ///
    /// let mut matcher = Matcher::new();
    /// for text in ["role:cart,cmd:add", "role:cart,cmd:drop", "role:user"] {
    ///     matcher.add(&text.parse()?, ());
    /// }
    /// let cart = matcher.list(&"role:cart,cmd:*".parse()?);
    /// let texts: Vec<String> = cart.iter().map(|found| found.pattern().to_string()).collect();
    /// assert_eq!(texts, ["cmd:add,role:cart", "cmd:drop,role:cart"]);
    /// # Ok::<(), matchbus::pattern::PatternError>(())
    /// ```
    pub fn list(&self, pin: &Pattern) -> Vec<Found<'_, T>> {
        let mut listed = Vec::new();
        let mut wanted = Vec::with_capacity(pin.len());
        for (name, value) in pin.iter() {
            let Some(name) = self.store.name(name) else { return listed };
            wanted.push((name, value));
        }
        for place in self.store.places() {
            let mut pairs = self.store.pairs(place);
            let all = wanted.iter().all(|(name, want)| {
                // Both are sorted by name.
                let pair = pairs.find(|(key, _)| key.name == *name);
                pair.is_some_and(|(key, raw)| self.pinned(want, raw.value(key.glob)))
            });
            if all {
                listed.extend(self.found(place));
            }
        }
        let texts: Vec<String> = listed.iter().map(|found| found.pattern().to_string()).collect();
        let order = order(listed.len(), &|a, b| texts[a].cmp(&texts[b]));
        order.into_iter().map(|at| listed[at]).collect()
    }

    /// The patterns with their values, in the order in which they were added.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { matcher: self, places: Box::new(self.store.places()), left: self.len() }
    }

    /// The number of patterns.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn found(&self, place: u32) -> Option<Found<'_, T>> {
        let value = self.values[self.store.value(place) as usize].as_ref()?;
        Some(Found { store: &self.store, place, value })
    }

    fn pinned(&self, want: &Value, has: ValueRef<'_>) -> bool {
        match has {
            ValueRef::Glob(source) => match want {
                Value::Glob(glob) => glob.is_any() || glob.source() == source || glob.fits(source),
                _ => false,
            },
            has => has.scalar().is_some_and(|has| want.fits(self.compare(), has)),
        }
    }

    #[inline]
    fn index(&self) -> &Index {
        match self.index.get() {
            Some(index) => index,
            None => self.build(),
        }
    }

    #[cold]
    fn build(&self) -> &Index {
        self.index.get_or_init(|| {
            self.store.on_huge_pages();
            huge::ask(&self.values);
            Box::new(Index::build(&self.store))
        })
    }
}

/// A pattern of a [`Matcher`] and its value.
pub struct Found<'a, T> {
    store: &'a Store,
    place: u32,
    value: &'a T,
}

impl<'a, T> Found<'a, T> {
    /// The pattern, rebuilt from the matcher's compact form.
    pub fn pattern(&self) -> Pattern {
        self.store.pattern(self.place)
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> &'a T {
        self.value
    }

    /// The pattern's rank.
    pub fn rank(&self) -> i32 {
        self.store.shape_of(self.place).rank
    }
}

impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

impl<T: fmt::Debug> fmt::Debug for Found<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("pattern", &format_args!("{}", self.pattern()))
            .field("rank", &self.rank())
            .field("value", self.value)
            .finish()
    }
}

/// The patterns of a [`Matcher`], in the order in which they were added.
pub struct Iter<'a, T> {
    matcher: &'a Matcher<T>,
    places: Box<dyn Iterator<Item = u32> + 'a>,
    left: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = Found<'a, T>;

    fn next(&mut self) -> Option<Found<'a, T>> {
        let found = self.matcher.found(self.places.next()?);
        self.left -= 1;
        found
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'a, T> IntoIterator for &'a Matcher<T> {
    type Item = Found<'a, T>;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Default for Matcher<T> {
    fn default() -> Self {
        Matcher::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Matcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|found| (found.pattern().to_string(), found.value))).finish()
    }
}

impl<T> Extend<(Pattern, T)> for Matcher<T> {
    fn extend<I: IntoIterator<Item = (Pattern, T)>>(&mut self, patterns: I) {
        for (pattern, value) in patterns {
            self.add(&pattern, value);
        }
    }
}

impl<T> FromIterator<(Pattern, T)> for Matcher<T> {
    fn from_iter<I: IntoIterator<Item = (Pattern, T)>>(patterns: I) -> Self {
        let mut matcher = Matcher::new();
        matcher.extend(patterns);
        matcher
    }
}
