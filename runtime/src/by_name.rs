//! A map from names, compiled once.

use std::collections::BTreeMap;

use crate::list::List;

/// As a `BTreeMap<String, V>`. For what is not looked up for every message.
///
/// A tree is 45 functions for each type of value. Here there is one tree, of numbers, for all types.
#[derive(Debug)]
pub(crate) struct ByName<V> {
    places: BTreeMap<String, usize>,
    values: Vec<V>,
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        ByName { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<V> ByName<V> {
    /// The value of a name, which is a new one where there is none.
    pub(crate) fn entry(&mut self, name: String) -> &mut V
    where
        V: Default,
    {
        let place = place(&mut self.places, name);
        if place == self.values.len() {
            self.values.push(V::default());
        }
        &mut self.values[place]
    }

    /// In the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        self.places.iter().map(|(name, place)| (name, &self.values[*place]))
    }

    /// In the order in which the names came.
    pub(crate) fn values_mut(&mut self) -> &mut [V] {
        &mut self.values
    }

    /// In the order of the names.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, V)> {
        let mut values: Vec<Option<V>> = self.values.into_iter().map(Some).list();
        self.places.into_iter().filter_map(move |(name, place)| Some((name, values[place].take()?)))
    }
}

/// The place of a name: the next one, if the name is new.
fn place(places: &mut BTreeMap<String, usize>, name: String) -> usize {
    let next = places.len();
    *places.entry(name).or_insert(next)
}

#[cfg(test)]
mod tests {
    use super::ByName;

    #[test]
    fn values_stay_with_their_names() {
        let mut all: ByName<Vec<u32>> = ByName::default();
        for (name, value) in [("b", 1), ("a", 2), ("b", 3)] {
            all.entry(name.to_owned()).push(value);
        }
        all.values_mut().iter_mut().for_each(|values| values.push(0));
        let read: Vec<_> = all.iter().map(|(name, values)| (name.as_str(), values.len())).collect();
        assert_eq!(read, [("a", 2), ("b", 3)]);
        let owned: Vec<_> = all.into_iter().collect();
        assert_eq!(owned, [("a".to_owned(), vec![2, 0]), ("b".to_owned(), vec![1, 3, 0])]);
    }
}
