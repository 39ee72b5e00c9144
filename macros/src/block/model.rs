use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Meta, Type};

use super::equal::refuse_equal;
use super::parse::Block;
use crate::attrs;
use crate::errors::Errors;
use crate::handler::{Handler, Kind, MaybeItemFn, Options, Parsed, Shape, patterns, without_ours};

/// The handlers of a block.
pub(super) struct Model {
    pub(super) handlers: Vec<Handler>,
    pub(super) options: Options,
    /// All attributes of methods that are handlers.
    pub(super) attrs: Vec<Attribute>,
}

impl Model {
    pub(super) fn new(shared: &Parsed, block: &Block, errors: &mut Errors) -> Self {
        if !block.generics.params.is_empty() {
            errors.on(
                &block.generics,
                "handlers are registered once, so their type cannot be generic; write the block for one type: `impl Cart<Memory>`",
            );
        }
        if let Some(trait_for) = &block.trait_for {
            errors.on(
                trait_for,
                "`#[services]` stands on an `impl` block of a type, not on that of a trait; let its methods call the trait's",
            );
        }
        for (span, _) in &shared.groups {
            errors
                .at(*span, "groups of keys stand on the methods; the block has keys that all of them share");
        }
        let (mut handlers, mut attrs) = (Vec::new(), Vec::new());
        for item in &block.items {
            let mut ours = Vec::new();
            if let Ok(function) = MaybeItemFn::read(item.clone()) {
                ours.extend(function.attrs.iter().filter_map(|attr| Some((Kind::of(attr)?, attr.clone()))));
                if let Some((kind, attr)) = ours.first() {
                    attrs.extend(function.attrs.iter().cloned());
                    handlers.push(handler(*kind, attr, shared, block, &function, errors));
                }
            }
            for (_, second) in ours.iter().skip(1) {
                errors.on(
                    second.path(),
                    "a method has one `#[service]` or `#[observer]`; several patterns are written as groups in one: `#[service((…), (…))]`",
                );
            }
            if ours.is_empty() && without_ours(item.clone()).to_string() != item.to_string() {
                errors
                    .on(item.clone().into_iter().next(), "`#[service]` and `#[observer]` stand on functions");
            }
        }
        if handlers.is_empty() && errors.is_empty() {
            errors.on(
                &block.ty,
                "no method of this block is a handler; write `#[service(…)]` or `#[observer(…)]` on one",
            );
        }
        refuse_equal(&handlers, errors);
        Model { handlers, options: shared.options.clone(), attrs }
    }
}

fn handler(
    kind: Kind,
    attr: &Attribute,
    shared: &Parsed,
    block: &Block,
    function: &MaybeItemFn,
    errors: &mut Errors,
) -> Handler {
    let span = attr.path().get_ident().map_or_else(Span::call_site, Ident::span);
    let arguments = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) => TokenStream::new(),
        Meta::NameValue(wrong) => {
            errors.on(wrong, format!("keys and options stand in parentheses: `#[{}(…)]`", kind.word()));
            TokenStream::new()
        }
    };
    let parsed = Parsed::new(arguments, errors);
    if let Some(path) = &parsed.options.krate {
        errors.on(path, "`crate(…)` stands on the block: `#[services(crate(…))]`");
    }
    let patterns = patterns(kind, &shared.keys, &parsed, span, errors);
    let ty = self_type(&block.ty);
    let shape = Shape::new(&function.sig, Some(&ty), kind.word(), errors);
    let method = &function.sig.ident;
    let plain = method.unraw().to_string();
    Handler {
        kind,
        patterns,
        options: parsed.options.or(&shared.options),
        name: format!("{}::{plain}", type_name(&block.ty)),
        function: quote!(<#ty>::#method),
        shape,
        state: function.sig.receiver().map(|_| ty.clone()),
        line: line(span),
        doc: attrs::doc(&function.attrs),
        cfgs: attrs::cfgs(&block.attrs).into_iter().chain(attrs::cfgs(&function.attrs)).cloned().collect(),
    }
}

fn self_type(ty: &Type) -> TokenStream {
    ty.to_token_stream()
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.unraw().to_string()),
        _ => None,
    }
    .unwrap_or_else(|| ty.to_token_stream().to_string())
}

/// The line of a method's own attribute: `line!()` would be that of the block's.
fn line(span: Span) -> Option<u32> {
    // Only while a compiler is there to ask; unit tests have none.
    proc_macro::is_available().then(|| span.unwrap().line()).and_then(|line| line.try_into().ok())
}
