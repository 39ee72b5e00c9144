use crate::pattern::{Fields, Scalar};

/// The most names a [`Known`] can hold.
pub(super) const NAMES: usize = 64;

/// The keys of a message that patterns name: for each the hash of its value, and where in the message it is.
///
/// There is room for `N` of them; a position is `0` for a name that is not here, so a reader must check the name.
pub(super) struct Known<const N: usize> {
    position: [u8; NAMES],
    name: [u8; N],
    hash: [u64; N],
    field: [u32; N],
    len: usize,
}

impl<const N: usize> Known<N> {
    #[inline]
    pub(super) fn new() -> Self {
        Known { position: [0; NAMES], name: [u8::MAX; N], hash: [0; N], field: [0; N], len: 0 }
    }

    /// Adds a key; does nothing when there is no room, which needs a message that has a key twice.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "names are below 64; a message has fewer than 2^32 keys")]
    pub(super) fn push(&mut self, name: u32, hash: u64, field: usize) {
        let at = self.len;
        if at < N {
            self.position[name as usize % NAMES] = at as u8;
            self.name[at] = name as u8;
            self.hash[at] = hash;
            self.field[at] = field as u32;
            self.len += 1;
        }
    }

    #[inline]
    pub(super) fn hash(&self, name: u32) -> u64 {
        self.hash[usize::from(self.position[name as usize % NAMES]) % N]
    }

    #[inline]
    pub(super) fn value<'m, F: Fields + ?Sized>(&self, message: &'m F, name: u32) -> Option<Scalar<'m>> {
        let at = usize::from(self.position[name as usize % NAMES]) % N;
        (u32::from(self.name[at]) == name).then(|| message.get(self.field[at] as usize).1)
    }
}
