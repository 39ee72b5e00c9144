use crate::pattern::{Fields, Scalar};

/// The most names a [`Known`] can hold; the name of this number is never known.
pub(super) const NAMES: usize = 63;

/// No field.
const NO: u32 = u32::MAX;

/// The keys of a message that patterns name: for each the hash of its value, and where in the message it is.
///
/// Names are below `N - 1`. The last name is never known, and its hash is 0.
pub(super) struct Known<const N: usize> {
    hash: [u64; N],
    field: [u32; N],
}

impl<const N: usize> Known<N> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Known { hash: [0; N], field: [NO; N] }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, name: u32, hash: u64, field: usize) {
        self.hash[name as usize % N] = hash;
        self.field[name as usize % N] = u32::try_from(field).unwrap_or(NO);
    }

    #[inline(always)]
    pub(super) fn hash(&self, name: u8) -> u64 {
        self.hash[usize::from(name) % N]
    }

    /// The value as [`Fields::text`] gives it.
    #[inline(always)]
    pub(super) fn text<'m, F: Fields + ?Sized>(&self, message: &'m F, name: u32) -> Option<&'m str> {
        let field = self.field[name as usize % N];
        if field == NO { None } else { message.text(field as usize) }
    }

    #[inline(always)]
    pub(super) fn value<'m, F: Fields + ?Sized>(&self, message: &'m F, name: u32) -> Option<Scalar<'m>> {
        let field = self.field[name as usize % N];
        (field != NO).then(|| message.scalar(field as usize))
    }
}
