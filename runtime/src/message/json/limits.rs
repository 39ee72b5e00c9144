/// How large a message may be: rule M7.
///
/// ```
/// use matchbus::message::json::Limits;
///
/// let limits = Limits::default().bytes(64 * 1024).depth(8);
/// assert_eq!((limits.max_bytes(), limits.max_depth(), limits.max_keys()), (65_536, 8, 10_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    depth: usize,
    keys: usize,
}

impl Limits {
    /// The deepest nesting that can be allowed: `serde_json` itself decodes no deeper.
    pub const DEEPEST: usize = 127;
    /// The largest message that can be allowed, in bytes: the scan counts in 32 bits.
    pub const LARGEST: usize = u32::MAX as usize;

    /// The limits of rule M7: 1 MiB, 64 levels, 10,000 keys.
    pub const fn new() -> Self {
        Limits { bytes: 1024 * 1024, depth: 64, keys: 10_000 }
    }

    /// Sets the size of the whole text in bytes; more than [`Limits::LARGEST`] counts as that.
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = if bytes > Self::LARGEST { Self::LARGEST } else { bytes };
        self
    }

    /// Sets how many objects and lists may be open at once, the message itself included; more than
    /// [`Limits::DEEPEST`] counts as that.
    pub const fn depth(mut self, levels: usize) -> Self {
        self.depth = if levels > Self::DEEPEST { Self::DEEPEST } else { levels };
        self
    }

    /// Sets how many keys the objects of all levels may have together.
    pub const fn keys(mut self, keys: usize) -> Self {
        self.keys = keys;
        self
    }

    /// The size of the whole text, in bytes.
    pub const fn max_bytes(&self) -> usize {
        self.bytes
    }

    /// How many objects and lists may be open at once, the message itself included.
    pub const fn max_depth(&self) -> usize {
        self.depth
    }

    /// How many keys the objects of all levels may have together.
    pub const fn max_keys(&self) -> usize {
        self.keys
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::new()
    }
}
