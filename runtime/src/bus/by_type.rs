use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by type. A type's id is a hash already, and no sender has a say in it.
pub(crate) type ByType<T> = HashMap<TypeId, T, BuildHasherDefault<Given>>;

/// Takes the hash that it is given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given(u64);

impl Hasher for Given {
    fn write(&mut self, bytes: &[u8]) {
        // A `TypeId` hashes itself as one integer; should that change, this is right if slower.
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
