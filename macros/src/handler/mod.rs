//! What `#[service]`, `#[observer]` and the methods below `#[services]` have in common.

mod claims;
mod given;
mod info;
mod item;
mod options;
mod patterns;
mod shim;
mod signature;
pub(crate) mod types;

pub(crate) use claims::claims;
pub(crate) use given::Parsed;
pub(crate) use info::info;
pub(crate) use item::{MaybeItemFn, without_ours};
pub(crate) use options::{Effect, Options};
pub(crate) use patterns::patterns;
pub(crate) use signature::{Message, Shape};

use proc_macro2::TokenStream;
use syn::Attribute;

use crate::pattern::Pattern;

/// Which attribute it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Service,
    Observer,
}

impl Kind {
    /// The attribute's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Service => "service",
            Kind::Observer => "observer",
        }
    }

    pub(crate) fn of(attr: &Attribute) -> Option<Kind> {
        [Kind::Service, Kind::Observer].into_iter().find(|kind| crate::attrs::is_named(attr, kind.word()))
    }
}

/// A handler without mistakes.
pub(crate) struct Handler {
    pub(crate) kind: Kind,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) options: Options,
    /// `add`, or `Cart::add`.
    pub(crate) name: String,
    /// What is called.
    pub(crate) function: TokenStream,
    pub(crate) shape: Shape,
    /// The type whose method it is, if it takes `&self`.
    pub(crate) state: Option<TokenStream>,
    /// The line of its attribute, where `line!()` would be another.
    pub(crate) line: Option<u32>,
    pub(crate) doc: String,
    pub(crate) cfgs: Vec<Attribute>,
}

/// The constant that holds a handler, or the first part of its name. `#[matchbus::main]` looks for it in the metadata of
/// the crates that it is compiled with: whoever has handlers has such a constant, and else only matchbus.
pub(crate) const MARK: &str = "MATCHBUS_HANDLER";
