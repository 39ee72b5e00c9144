use super::{limits::Limits, place};
use std::{error::Error, fmt};

/// Why the bytes of a message were refused before routing (rule M7).
///
/// The text says what is wrong, where, and how to cure it:
///
/// ```
/// use matchbus::message::json::{Limits, Scan};
///
/// let refused = Scan::read(br#"{"qty":1,"qty":2}"#, &Limits::default()).unwrap_err();
/// assert!(refused.is_duplicate_key());
/// assert_eq!(refused.code(), "duplicate-key");
/// assert_eq!((refused.offset(), refused.line(), refused.column()), (9, 1, 10));
/// assert_eq!(
///     refused.to_string(),
///     "a key is given twice at $.qty (line 1, column 10): give each key of an object once",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    what: What,
    offset: usize,
    line: usize,
    column: usize,
    path: String,
    limits: Limits,
}

impl Malformed {
    /// The text is JSON, but not an object.
    pub fn is_not_an_object(&self) -> bool {
        self.what == What::NotAnObject
    }

    /// The text is not JSON (RFC 8259), or has a number that no `f64` can hold.
    pub fn is_syntax(&self) -> bool {
        self.code() == "syntax"
    }

    /// The text stops before the object is complete; implies [`is_syntax`](Self::is_syntax).
    pub fn is_incomplete(&self) -> bool {
        matches!(self.what, What::EndsEarly | What::Empty)
    }

    /// An object, at whatever level, has two equal keys.
    pub fn is_duplicate_key(&self) -> bool {
        self.what == What::DuplicateKey
    }

    /// A key has a name that `serde_json` keeps for itself.
    ///
    /// Such a key would make `serde_json::Value` read a string as JSON text, past all checks.
    pub fn is_reserved_key(&self) -> bool {
        self.what == What::ReservedKey
    }

    /// More objects and lists are open at once than [`Limits::depth`] allows.
    pub fn is_too_deep(&self) -> bool {
        self.what == What::TooDeep
    }

    /// The text is longer than [`Limits::bytes`] allows.
    pub fn is_too_large(&self) -> bool {
        self.what == What::TooLarge
    }

    /// There are more keys, at all levels together, than [`Limits::keys`] allows.
    pub fn is_too_many_keys(&self) -> bool {
        self.what == What::TooManyKeys
    }

    /// The bytes are not UTF-8.
    pub fn is_not_utf8(&self) -> bool {
        self.what == What::NotUtf8
    }

    /// A stable name of the kind: `not-an-object`, `syntax`, `duplicate-key`, `reserved-key`, `too-deep`,
    /// `too-large`, `too-many-keys` or `not-utf8`.
    pub fn code(&self) -> &'static str {
        match self.what {
            What::NotAnObject => "not-an-object",
            What::DuplicateKey => "duplicate-key",
            What::ReservedKey => "reserved-key",
            What::TooDeep => "too-deep",
            What::TooLarge => "too-large",
            What::TooManyKeys => "too-many-keys",
            What::NotUtf8 => "not-utf8",
            _ => "syntax",
        }
    }

    /// The place in the bytes, from 0; for text that stops too early its length.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The JSON path, such as `$.items[3].sku`; names longer than 48 characters are cut.
    ///
    /// It is `$` for a text that is too large or not UTF-8, of which nothing was read.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How to cure it.
    pub fn cure(&self) -> &'static str {
        self.what.text().1
    }

    #[cold]
    #[inline(never)]
    pub(super) fn new(fault: Fault, bytes: &[u8], text: &str, limits: &Limits) -> Self {
        let Fault { what, at } = fault;
        let (line, column) = place::line_and_column(bytes, at);
        let path = match what {
            What::DuplicateKey | What::ReservedKey | What::TooManyKeys => place::path_of_key(text, at),
            _ => place::path(text, at),
        };
        Malformed { what, offset: at, line, column, path, limits: *limits }
    }

    /// For a text of which nothing was read.
    #[cold]
    #[inline(never)]
    pub(super) fn unread(what: What, at: usize, bytes: &[u8], limits: &Limits) -> Self {
        let (line, column) = place::line_and_column(bytes, at);
        Malformed { what, offset: at, line, column, path: "$".to_owned(), limits: *limits }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, cure) = self.what.text();
        f.write_str(text)?;
        match self.what {
            What::TooDeep => write!(f, " ({} levels)", self.limits.max_depth())?,
            What::TooLarge => write!(f, " ({} bytes)", self.limits.max_bytes())?,
            What::TooManyKeys => write!(f, " ({})", self.limits.max_keys())?,
            _ => {}
        }
        write!(f, " at {} (line {}, column {}): {cure}", place::shortened(&self.path), self.line, self.column)
    }
}

impl Error for Malformed {}

/// What was wrong, and at which byte: as little as possible for the pass to carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    what: What,
    at: usize,
}

impl Fault {
    #[inline]
    pub(super) const fn new(what: What, at: usize) -> Self {
        Fault { what, at }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Empty,
    ByteOrderMark,
    ObjectExpected,
    NotAnObject,
    KeyExpected,
    ColonExpected,
    ValueExpected,
    CommaOrBraceExpected,
    CommaOrBracketExpected,
    TrailingComma,
    TrailingBytes,
    EndsEarly,
    ControlCharacter,
    BadEscape,
    LoneSurrogate,
    BadNumber,
    LeadingZero,
    HugeNumber,
    DuplicateKey,
    ReservedKey,
    TooDeep,
    TooLarge,
    TooManyKeys,
    NotUtf8,
}

impl What {
    /// What is wrong, and the cure.
    fn text(self) -> (&'static str, &'static str) {
        match self {
            What::Empty => ("the message is empty", "send a JSON object, at least {}"),
            What::ByteOrderMark => ("the text starts with a byte order mark", "send UTF-8 without one"),
            What::ObjectExpected => ("this is not JSON", "send a JSON object, starting with {"),
            What::NotAnObject => {
                ("the message is not an object", "send an object, with the value under a key")
            }
            What::KeyExpected => ("a key is missing here", "write a key in double quotes"),
            What::ColonExpected => ("the value of a key is missing here", "write : between key and value"),
            What::ValueExpected => (
                "a value is missing here",
                "write a string, a number, true, false, null, a list or an object",
            ),
            What::CommaOrBraceExpected => {
                ("an object does not go on like this", "write , or } after a value")
            }
            What::CommaOrBracketExpected => ("a list does not go on like this", "write , or ] after a value"),
            What::TrailingComma => ("a comma has nothing after it", "leave it out"),
            What::TrailingBytes => ("something follows the object", "send one object as one message"),
            What::EndsEarly => ("the text ends too early", "send the whole object"),
            What::ControlCharacter => {
                ("a string has a bare control character", r"write it as an escape such as \n")
            }
            What::BadEscape => {
                ("a string has an unknown escape", r#"use one of \" \\ \/ \b \f \n \r \t \u0000"#)
            }
            What::LoneSurrogate => {
                ("a string has half a surrogate pair", r"write both halves, such as \ud83d\ude00")
            }
            What::BadNumber => {
                ("a digit is missing in a number", "write digits after the sign, the point and the e")
            }
            What::LeadingZero => ("a number starts with a needless zero", "leave it out"),
            What::HugeNumber => ("a number is out of the range of a double", "send it as a string"),
            What::DuplicateKey => ("a key is given twice", "give each key of an object once"),
            What::ReservedKey => ("a key has a name that is reserved for serde_json", "rename the key"),
            What::TooDeep => ("the message is nested deeper than allowed", "flatten it or raise the limit"),
            What::TooLarge => ("the message is larger than allowed", "send less or raise the limit"),
            What::TooManyKeys => ("the message has more keys than allowed", "send fewer or raise the limit"),
            What::NotUtf8 => ("the message is not UTF-8", "encode the text as UTF-8"),
        }
    }
}
