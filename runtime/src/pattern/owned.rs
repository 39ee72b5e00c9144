use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{Compare, Fields, PatternError, PatternInfo, Value, text};
use crate::sort::sort_by;

/// A set of keys with the values they must have; the owned form of [`PatternInfo`].
///
/// The keys are sorted by name in byte order, each once. [`Display`](fmt::Display) writes the canonical text
/// that the [module](super) defines, and [`FromStr`] reads it.
///
/// ```
/// use matchbus::pattern::{Pattern, Scalar};
///
/// let pattern: Pattern = "role:cart, cmd:add".parse()?;
/// assert_eq!(pattern.to_string(), "cmd:add,role:cart");
/// assert_eq!(pattern, Pattern::new([("cmd", "add"), ("role", "cart")])?);
/// assert!(pattern.matches(&[("role", Scalar::Str("cart")), ("qty", Scalar::Int(1)), ("cmd", Scalar::Str("add"))]));
/// # Ok::<(), matchbus::pattern::PatternError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Names are borrowed where they stand in the program: a program starts with thousands of patterns.
    keys: Vec<(Cow<'static, str>, Value)>,
}

impl Pattern {
    /// Makes a pattern of names and values.
    ///
    /// # Errors
    ///
    /// When a name is given twice.
    pub fn new<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, PatternError>
    where
        N: Into<Box<str>>,
        V: Into<Value>,
    {
        let mut pattern =
            Pattern { keys: pairs.into_iter().map(|(name, value)| (own(name), value.into())).collect() };
        sort_by(&mut pattern.keys, |a, b| a.0.cmp(&b.0));
        match pattern.keys.windows(2).find(|two| two[0].0 == two[1].0) {
            None => Ok(pattern),
            Some(two) => {
                let place = format!("values {} and {}", two[0].1, two[1].1);
                Err(PatternError::new(
                    format!("the key `{}` is given twice", two[0].0),
                    place,
                    "name each key once",
                ))
            }
        }
    }

    /// Makes a pattern of a JSON object; a key whose value is `null` is left out.
    ///
    /// A text with `*` or `?` is a glob.
    ///
    /// # Errors
    ///
    /// When a value is a list, an object, or a number that is not an integer of 64 bits.
    pub fn from_json(object: &serde_json::Map<String, serde_json::Value>) -> Result<Self, PatternError> {
        let refuse = |name: &str, what: &str, cure| {
            Err(PatternError::new(
                format!("{what} cannot be a pattern's value"),
                format!("key `{name}`"),
                cure,
            ))
        };
        let mut keys = Vec::with_capacity(object.len());
        for (name, value) in object {
            let value = match value {
                serde_json::Value::Null => continue,
                serde_json::Value::Bool(b) => Value::Bool(*b),
                serde_json::Value::String(s) => Value::from(s),
                serde_json::Value::Number(n) => match n.as_i64() {
                    Some(n) => Value::Int(n),
                    None => {
                        return refuse(
                            name,
                            &format!("the number {n}"),
                            "use an integer of 64 bits or a text",
                        );
                    }
                },
                serde_json::Value::Array(_) => {
                    return refuse(name, "a list", "patterns look at top-level scalars only");
                }
                serde_json::Value::Object(_) => {
                    return refuse(name, "an object", "patterns look at top-level scalars only");
                }
            };
            keys.push((name.as_str(), value));
        }
        Pattern::new(keys)
    }

    /// The names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> + Clone {
        self.keys.iter().map(|(name, value)| (&**name, value))
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the pattern has no keys and so fits every message.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.keys.binary_search_by(|(n, _)| (**n).cmp(name)).ok()?;
        Some(&self.keys[at].1)
    }

    /// The number of keys whose value is not a glob.
    pub fn exact(&self) -> usize {
        self.keys.iter().filter(|(_, value)| !value.is_glob()).count()
    }

    /// Whether a message has all the keys with the values asked for, compared with their types.
    pub fn matches<F: Fields + ?Sized>(&self, message: &F) -> bool {
        self.matches_as(Compare::Typed, message)
    }

    /// Whether a message has all the keys with the values asked for.
    pub fn matches_as<F: Fields + ?Sized>(&self, compare: Compare, message: &F) -> bool {
        self.iter().all(|(name, value)| message.value(name).is_some_and(|found| value.fits(compare, found)))
    }

    /// The wrapping sum of the [hashes](fnv1a) of the names, as in [`PatternInfo::names_hash`].
    pub fn names_hash(&self) -> u64 {
        self.iter().fold(0, |sum, (name, _)| sum.wrapping_add(fnv1a(name.as_bytes())))
    }

    /// The wrapping sum of the [hashes](fnv1a) of the pairs' canonical texts, as in
    /// [`PatternInfo::pairs_hash`].
    pub fn pairs_hash(&self) -> u64 {
        self.iter().fold(0, |sum, pair| sum.wrapping_add(fnv1a(Pair(pair).to_string().as_bytes())))
    }

    pub(crate) fn from_sorted(keys: Vec<(Box<str>, Value)>) -> Self {
        debug_assert!(keys.is_sorted_by(|a, b| a.0 < b.0));
        Pattern { keys: keys.into_iter().map(|(name, value)| (own(name), value)).collect() }
    }
}

/// FNV-1a, 64 bits: the hash the macros write into a [`PatternInfo`].
///
/// ```
/// assert_eq!(matchbus::pattern::fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

fn own(name: impl Into<Box<str>>) -> Cow<'static, str> {
    Cow::Owned(name.into().into())
}

struct Pair<'a>((&'a str, &'a Value));

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = self.0;
        text::write_name(f, name)?;
        write!(f, ":{value}")
    }
}

impl fmt::Display for Pattern {
    /// Writes the canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, pair) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", Pair(pair))?;
        }
        Ok(())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut pairs = text::parse(text)?;
        sort_by(&mut pairs, |a, b| a.0.cmp(&b.0));
        if let Some(two) = pairs.windows(2).find(|two| two[0].0 == two[1].0) {
            let what = format!("the key `{}` is given twice", two[0].0);
            return Err(PatternError::new(what, two[1].2.clone(), "name each key once"));
        }
        Ok(Pattern { keys: pairs.into_iter().map(|(name, value, _)| (own(name), value)).collect() })
    }
}

impl From<&PatternInfo> for Pattern {
    fn from(info: &PatternInfo) -> Self {
        Pattern {
            keys: info
                .keys
                .iter()
                .map(|key| (Cow::Borrowed(key.name), Value::in_program(key.value)))
                .collect(),
        }
    }
}

impl From<PatternInfo> for Pattern {
    fn from(info: PatternInfo) -> Self {
        Pattern::from(&info)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pattern::Scalar;

    fn one(name: &str, value: impl Into<Value>) -> String {
        Pattern::new([(name, value)]).unwrap().to_string()
    }

    #[test]
    fn canonical_text() {
        for (value, text) in [
            (Value::from("cart"), "a:cart"),
            (Value::from("eu-*"), "a:eu-*"),
            (Value::from("a *"), r#"a:~"a *""#),
            (Value::from("x**y*"), "a:x**y*"),
            (Value::from("x**y"), r#"a:"x*y""#),
            (Value::from(1), "a:1"),
            (Value::from(-12), "a:-12"),
            (Value::from("1"), r#"a:"1""#),
            (Value::from("+1"), r#"a:"+1""#),
            (Value::from("1.5"), r#"a:"1.5""#),
            (Value::from(".5"), r#"a:".5""#),
            (Value::from("1e21"), r#"a:"1e21""#),
            (Value::from("2024-01-01"), r#"a:"2024-01-01""#),
            (Value::from("3d"), "a:3d"),
            (Value::from("e1"), "a:e1"),
            (Value::from("-"), "a:-"),
            (Value::from("-x"), "a:-x"),
            (Value::from(true), "a:true"),
            (Value::from("true"), r#"a:"true""#),
            (Value::from("null"), r#"a:"null""#),
            (Value::from("True"), "a:True"),
            (Value::from(""), r#"a:"""#),
            (Value::from("~"), "a:~"),
            (Value::from("a,b:c \"d\" \\"), r#"a:"a,b:c \"d\" \\""#),
            (Value::from("\u{1}\n\u{7f}"), "a:\"\\u0001\\n\u{7f}\""),
            (Value::from("é😀"), "a:é😀"),
            (Value::from("a\u{a0}b"), "a:\"a\u{a0}b\""),
        ] {
            let pattern = Pattern::new([("a", value.clone())]).unwrap();
            assert_eq!(pattern.to_string(), text);
            assert_eq!(text.parse(), Ok(pattern), "{text}");
            if let Value::Str(s) = &value {
                let json = serde_json::to_string(&**s).unwrap();
                assert!(text == format!("a:{s}") || text == format!("a:{json}"));
            }
        }
        assert_eq!(one("a b", 1), r#""a b":1"#);
        assert_eq!(one("", 1), r#""":1"#);
        assert_eq!(one("1", 1), "1:1");
        assert_eq!(one("a*", 1), r#""a*":1"#);
        assert_eq!(Pattern::default().to_string(), "");
        assert_eq!("".parse(), Ok(Pattern::default()));
        assert_eq!(" \n".parse(), Ok(Pattern::default()));
    }

    #[test]
    fn reading_is_generous_about_space_order_and_quotes() {
        let want: Pattern = "cmd:add,role:cart".parse().unwrap();
        assert_eq!(" \"role\" : \"cart\" ,\n cmd:add ".parse(), Ok(want));
        assert_eq!("a:x**y".parse::<Pattern>().unwrap().to_string(), r#"a:"x*y""#);
    }

    #[test]
    fn errors_name_what_where_and_the_cure() {
        for (text, error) in [
            ("a", "the key `a` has no value (`a`, column 1): write `name:value`"),
            ("a:", "a value is missing (`a:`, column 3)"),
            ("a:1,", "nothing comes after a `,` (`a:1,`, column 4)"),
            ("a:1,,b:2", "`,` stands where a name or value should (`a:1,,b:2`, column 5)"),
            ("a:1 b:2", "there is more after a value (`a:1 b:2`, column 5): put `,` between pairs"),
            ("a:b:c", "there is more after a value (`a:b:c`, column 4)"),
            ("a:null", "`null` is not a value (`a:null`, column 3): leave the key out"),
            ("a:1.5", "`1.5` is not an integer (`a:1.5`, column 3)"),
            ("a:01", "`01` is not an integer"),
            ("a:-0", "`-0` is not an integer"),
            ("a:99999999999999999999", "is not an integer"),
            ("a:\"x", "a quoted text is not a JSON string (`a:\\\"x`, column 3)"),
            ("é:1,é:2", "the key `é` is given twice (`é:1,é:2`, column 7): name each key once"),
            ("~\"a\":1", "a name is a glob"),
        ] {
            let got = text.parse::<Pattern>().unwrap_err().to_string();
            assert!(got.contains(error), "{text}: {got}");
        }
        let twice = Pattern::new([("a", 1), ("a", 2)]).unwrap_err();
        assert_eq!(twice.to_string(), "the key `a` is given twice (values 1 and 2): name each key once");
    }

    #[test]
    fn json() {
        let read = |v: serde_json::Value| Pattern::from_json(v.as_object().unwrap());
        let pattern = read(json!({"n": 1, "b": true, "s": "x", "g": "x*", "gone": null})).unwrap();
        assert_eq!(pattern.to_string(), "b:true,g:x*,n:1,s:x");
        for (value, what) in [
            (json!([1]), "a list"),
            (json!({}), "an object"),
            (json!(1.5), "the number 1.5"),
            (json!(u64::MAX), "the number"),
        ] {
            let error = read(json!({ "k": value })).unwrap_err().to_string();
            assert!(error.starts_with(what) && error.contains("key `k`"), "{error}");
        }
    }

    #[test]
    fn hashes() {
        let pattern: Pattern = "a:1,b:x".parse().unwrap();
        assert_eq!(pattern.names_hash(), fnv1a(b"a").wrapping_add(fnv1a(b"b")));
        assert_eq!(pattern.pairs_hash(), fnv1a(b"a:1").wrapping_add(fnv1a(b"b:x")));
    }

    #[test]
    fn typed_and_text_comparison() {
        let p = |text: &str| text.parse::<Pattern>().unwrap();
        let cases: [(&str, Scalar<'_>, bool, bool); 16] = [
            ("a:1", Scalar::Int(1), true, true),
            ("a:1", Scalar::Str("1"), false, true),
            ("a:1", Scalar::Float(1.0), false, true),
            ("a:\"1\"", Scalar::Int(1), false, true),
            ("a:true", Scalar::Bool(true), true, true),
            ("a:\"true\"", Scalar::Bool(true), false, true),
            ("a:*", Scalar::Null, true, false),
            ("a:*", Scalar::List, true, true),
            ("a:*", Scalar::Str(""), true, true),
            ("a:?", Scalar::Int(5), false, true),
            ("a:x*", Scalar::Object, false, false),
            ("a:x*", Scalar::Str("xy"), true, true),
            ("a:\"null\"", Scalar::Null, false, true),
            ("a:\"1e+21\"", Scalar::Float(1e21), false, true),
            ("a:??", Scalar::Str("😀"), false, true),
            ("a:\"[object Object]\"", Scalar::Object, false, true),
        ];
        for (pattern, value, typed, text) in cases {
            assert_eq!(p(pattern).matches(&[("a", value)]), typed, "{pattern} {value:?}");
            assert_eq!(p(pattern).matches_as(Compare::Text, &[("a", value)]), text, "{pattern} {value:?}");
        }
        assert!(!p("a:*").matches(&[("b", Scalar::Null)]));
        assert!(Pattern::default().matches(&[("b", Scalar::Null); 0]));
    }
}
