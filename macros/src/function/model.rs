use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::attrs;
use crate::errors::Errors;
use crate::handler::{Handler, Kind, MaybeItemFn, Parsed, Shape, patterns};

pub(super) fn handler(kind: Kind, parsed: &Parsed, function: &MaybeItemFn, errors: &mut Errors) -> Handler {
    for attr in &function.attrs {
        if let Some(second) = Kind::of(attr) {
            errors.on(
                attr.path(),
                format!(
                    "a function has one `#[service]` or `#[observer]`; several patterns are written as groups in one: `#[{}((…), (…))]`",
                    second.word()
                ),
            );
        }
    }
    let patterns = patterns(kind, &[], parsed, Span::call_site(), errors);
    let shape = Shape::new(&function.sig, None, kind.word(), errors);
    Handler {
        kind,
        patterns,
        options: parsed.options.clone(),
        name: function.sig.ident.unraw().to_string(),
        function: function.sig.ident.to_token_stream(),
        shape,
        state: None,
        line: None,
        doc: attrs::doc(&function.attrs),
        cfgs: attrs::cfgs(&function.attrs).into_iter().cloned().collect(),
    }
}
