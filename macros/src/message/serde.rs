//! Reading `#[serde(…)]`. serde itself refuses what is wrong in it, so nothing is refused here twice.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ExprPath, Lit, Meta, MetaNameValue, Token};

/// One part of a `#[serde(…)]`.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) value: ItemValue,
}

pub(super) enum ItemValue {
    /// `skip`
    Word,
    /// `rename = "id"`
    Text(String),
    /// `rename(serialize = "a", deserialize = "b")`
    Both { serialize: Option<String>, deserialize: Option<String> },
    /// Something else.
    Other,
}

pub(super) fn items(attrs: &[Attribute]) -> Vec<Item> {
    let mut items = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let Meta::List(list) = &attr.meta else { continue };
        // `crate = "…"` has a keyword for a name, which syn's `Meta` takes too.
        let Ok(metas) = list.parse_args_with(Punctuated::<Part, Token![,]>::parse_terminated) else {
            continue;
        };
        items.extend(metas.into_iter().filter_map(|Part(meta)| item(&meta)));
    }
    items
}

struct Part(Meta);

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse().map(Part)
    }
}

fn item(meta: &Meta) -> Option<Item> {
    let ident = meta.path().get_ident()?;
    let value = match meta {
        Meta::Path(_) => ItemValue::Word,
        Meta::NameValue(pair) => text(pair).map_or(ItemValue::Other, ItemValue::Text),
        Meta::List(list) => {
            match list.parse_args_with(Punctuated::<MetaNameValue, Token![,]>::parse_terminated) {
                Ok(pairs) => {
                    let find = |name| pairs.iter().find(|pair| pair.path.is_ident(name)).and_then(text);
                    ItemValue::Both { serialize: find("serialize"), deserialize: find("deserialize") }
                }
                Err(_) => ItemValue::Other,
            }
        }
    };
    Some(Item { name: ident.to_string(), span: ident.span(), value })
}

fn text(pair: &MetaNameValue) -> Option<String> {
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

impl Item {
    /// The one new name, if both directions have the same; `Err` if they differ.
    pub(super) fn one_name(&self) -> Result<Option<&str>, ()> {
        match &self.value {
            ItemValue::Text(text) => Ok(Some(text)),
            ItemValue::Both { serialize, deserialize } if serialize == deserialize => {
                Ok(serialize.as_deref())
            }
            ItemValue::Both { .. } => Err(()),
            ItemValue::Word | ItemValue::Other => Ok(None),
        }
    }

    /// The path in `with = "path"`, which may be that of a trait's function: `<T as Trait>::write`.
    pub(super) fn path(&self) -> Option<ExprPath> {
        match &self.value {
            ItemValue::Text(text) => syn::parse_str(text).ok(),
            _ => None,
        }
    }
}
