//! JSON text of a message: one strict pass that feeds both routing and the typed decode.
//!
//! [`Scan::read`] goes over the bytes once. It refuses whatever rule M7 refuses (a key given twice at any level,
//! too deep, too large, too many keys, not UTF-8) and whatever RFC 8259 does not allow, with a [`Malformed`]
//! that says what, where and how to cure it. What is left is a flat list of the top-level keys with their raw
//! values: routing looks at [`Scan::scalar`], the handler's type comes from [`Scan::decode`], and nothing at the
//! top level is read a second time.
//!
//! ```
//! use matchbus::{message::json::{Limits, Scan}, pattern::Scalar};
//!
//! #[derive(serde::Deserialize)]
//! struct Add<'a> { sku: &'a str, qty: u32 }
//!
//! let body = br#"{"role":"cart","cmd":"add","sku":"sku-1","qty":2}"#;
//! let scan = Scan::read(body, &Limits::default())?;
//! assert_eq!(scan.scalar(scan.get("cmd").unwrap()), Scalar::Str("add"));
//! let add: Add = scan.decode()?;
//! assert_eq!((add.sku, add.qty), ("sku-1", 2));
//!
//! let twice = Scan::read(br#"{"user":{"id":1,"\u0069d":2}}"#, &Limits::default()).unwrap_err();
//! assert!(twice.is_duplicate_key());
//! assert_eq!(twice.path(), "$.user.id");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(clippy::inline_always, reason = "measured: the pass is one loop only if its steps are inlined")]

mod de;
mod decode;
mod limits;
mod malformed;
mod number;
mod place;
mod scan;
mod seen;
mod span;
mod string;
mod walk;
mod without;
mod write;

pub use decode::DecodeError;
pub use limits::Limits;
pub use malformed::Malformed;
pub(crate) use place::path_of_end;
pub use scan::{Iter, Scan};
pub(crate) use without::without_keys;
pub(crate) use write::write;
