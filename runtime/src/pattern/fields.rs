use super::Scalar;

/// The top-level keys of a message, as matching sees them: in any order, each once.
///
/// A key given twice is the caller's mistake (rule M7 refuses such messages before routing): the answer is
/// then any of those that either value would give, or none.
///
/// ```
/// use matchbus::pattern::{Fields, Scalar};
///
/// let message = [("role", Scalar::Str("cart")), ("qty", Scalar::Int(2))];
/// assert_eq!(message.len(), 2);
/// assert_eq!(message.value("qty"), Some(Scalar::Int(2)));
/// ```
pub trait Fields {
    /// The number of keys.
    fn len(&self) -> usize;

    /// The name and value of key `i`, for `i` below [`len`](Fields::len).
    fn get(&self, i: usize) -> (&str, Scalar<'_>);

    /// The name of key `i`, for where its value is work.
    #[inline]
    fn name(&self, i: usize) -> &str {
        self.get(i).0
    }

    /// The value of key `i`.
    #[inline]
    fn scalar(&self, i: usize) -> Scalar<'_> {
        self.get(i).1
    }

    /// The value of key `i` if it is a string that is at hand as such; `None` also where it must be worked out first.
    ///
    /// Most values that patterns ask for are, and this fits in two registers.
    #[doc(hidden)]
    #[inline]
    fn text(&self, i: usize) -> Option<&str> {
        match self.scalar(i) {
            Scalar::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The print of the name of key `i`, if it is at hand: a hash for speed only, names are compared all the same.
    #[doc(hidden)]
    #[inline]
    fn print(&self, _: usize) -> Option<u32> {
        None
    }

    /// Whether there are no keys.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of the key of this name.
    fn value(&self, name: &str) -> Option<Scalar<'_>> {
        (0..self.len()).find(|i| self.name(*i) == name).map(|i| self.scalar(i))
    }
}

impl Fields for [(&str, Scalar<'_>)] {
    #[inline]
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        self[i]
    }
}

impl<const N: usize> Fields for [(&str, Scalar<'_>); N] {
    #[inline]
    fn len(&self) -> usize {
        N
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        self[i]
    }
}

impl Fields for Vec<(&str, Scalar<'_>)> {
    #[inline]
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        self[i]
    }
}

impl<F: Fields + ?Sized> Fields for &F {
    #[inline]
    fn len(&self) -> usize {
        F::len(self)
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        F::get(self, i)
    }

    #[inline]
    fn name(&self, i: usize) -> &str {
        F::name(self, i)
    }

    #[inline]
    fn scalar(&self, i: usize) -> Scalar<'_> {
        F::scalar(self, i)
    }

    #[inline]
    fn text(&self, i: usize) -> Option<&str> {
        F::text(self, i)
    }

    #[inline]
    fn print(&self, i: usize) -> Option<u32> {
        F::print(self, i)
    }
}

/// The [`Fields`] of a JSON object.
///
/// ```
/// use matchbus::pattern::{Fields, JsonFields, Scalar};
///
/// let message = serde_json::json!({"role": "cart", "items": [1, 2]});
/// let fields = JsonFields::new(message.as_object().unwrap());
/// assert_eq!(fields.value("items"), Some(Scalar::List));
/// ```
#[derive(Clone, Debug, Default)]
pub struct JsonFields<'a>(Vec<(&'a str, Scalar<'a>)>);

impl<'a> JsonFields<'a> {
    /// Borrows the keys of a JSON object.
    pub fn new(object: &'a serde_json::Map<String, serde_json::Value>) -> Self {
        JsonFields(object.iter().map(|(name, value)| (name.as_str(), Scalar::from(value))).collect())
    }
}

impl Fields for JsonFields<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        self.0[i]
    }
}

impl<'a> From<&'a serde_json::Value> for Scalar<'a> {
    /// An integer that does not fit `i64` becomes a [`Scalar::Float`].
    fn from(value: &'a serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Scalar::Null,
            serde_json::Value::Bool(b) => Scalar::Bool(*b),
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Scalar::Int(i),
                (None, f) => Scalar::Float(f.unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(s) => Scalar::Str(s),
            serde_json::Value::Array(_) => Scalar::List,
            serde_json::Value::Object(_) => Scalar::Object,
        }
    }
}
