//! Patterns: named keys with given values, and the values of messages they are compared with.
//!
//! Nothing in this module knows a bus. [`PatternInfo`] is what the macros write into a program; it is
//! `Copy` and can be used in a `const`. [`Pattern`] is its owned form, made at run time.
//!
//! # Canonical text
//!
//! Every pattern has one text, and equal patterns have equal texts. The macros produce the same text, so this
//! section is a contract:
//!
//! * A pattern is its pairs, sorted by name in UTF-8 byte order and joined by `,` without spaces:
//!   `cmd:add,role:cart`. The empty pattern is the empty text.
//! * A pair is `name:value`.
//! * A text is **bare** when it is not empty and holds none of `,` `:` `"` `\` `*` `?`, no white space
//!   (`char::is_whitespace`) and no control character (`char::is_control`).
//! * A **name** is written as it is when bare, else as a JSON string.
//! * An **integer** is written in decimal: an optional `-`, then digits without leading zeros; zero is `0`.
//! * A **boolean** is `true` or `false`.
//! * A **text value** is written as it is when it is bare, is none of `true`, `false`, `null`, and is not
//!   *like a number*; else as a JSON string: `n:"1"`, `t:"true"`, `d:"2024-01-01"`, `s:"a*b"`, `e:""`.
//!   A text is like a number when, after an optional `+` or `-` and then an optional `.`, it goes on with
//!   an ASCII digit, and holds nothing but ASCII digits and `.` `+` `-` `_` `e` `E`.
//! * A **glob** is written as its source when that would be bare but for `*` and `?`: `area:eu-*`; else as
//!   `~` and a JSON string: `t:~"a *"`. The source keeps gex's escapes, `**` for a literal `*` and `*?` for a
//!   literal `?`, so `a:x**y*` is a glob and `a:"x*y"` a text.
//! * A **JSON string** escapes `"`, `\` and the characters below U+0020 only: `\"` `\\` `\b` `\f` `\n` `\r`
//!   `\t`, the others as `\u00xx` in lower-case hexadecimal. This is what `serde_json::to_string` writes.
//!
//! The hash of a pair is FNV-1a, 64 bits, over the UTF-8 bytes of its canonical `name:value`; the hash of a
//! name is FNV-1a over the bytes of the name itself, never quoted. See [`fnv1a`].
//!
//! Reading is a little more generous than writing: white space is allowed around names, values, `:` and `,`;
//! pairs come in any order; anything may be quoted; and a bare text with only escapes (`a:x**y`) is the
//! text it stands for. `null`, and bare texts that are like a number but are not an integer in the form
//! above, are refused: quote them.

mod compare;
mod error;
mod fields;
mod glob;
mod info;
mod number;
mod owned;
pub(crate) mod print;
mod scalar;
mod text;
mod value;
mod values;

pub use compare::Compare;
pub use error::PatternError;
pub use fields::{Fields, JsonFields};
pub use glob::Glob;
pub use info::{KeyInfo, PatternInfo, Patterns};
pub use number::NumberText;
pub use owned::{Pattern, fnv1a};
pub use scalar::Scalar;
pub use value::ValueRef;
pub use values::Value;
