//! Questions about types that can be answered by their tokens alone.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Generics, PathArguments, ReturnType, Type, TypeParamBound};

use crate::spans::relocate;

/// The type without the parentheses and invisible groups round it.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => bare(&paren.elem),
        Type::Group(group) => bare(&group.elem),
        ty => ty,
    }
}

/// The last part of a path: `State` of `matchbus::State<Carts>`.
pub(super) fn last_word(ty: &Type) -> Option<String> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Whether it is one of matchbus's own arguments, or an `Option` of one: such a first argument is no message.
pub(super) fn is_extractor(ty: &Type) -> bool {
    match last_word(ty).as_deref() {
        Some("State" | "Call" | "Emit" | "Prior" | "Meta" | "Bus") => true,
        Some("Option") => first_argument(ty).is_some_and(is_extractor),
        _ => false,
    }
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether a plain function hands over a future, so that it is awaited as if it were `async`.
pub(super) fn is_future(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else { return false };
    match bare(ty) {
        Type::ImplTrait(ty) => ty.bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|s| s.ident == "Future"))
        }),
        ty => match last_word(ty).as_deref() {
            Some("BoxFuture") => true,
            Some("Pin") => mentions(ty.to_token_stream(), "Future"),
            _ => false,
        },
    }
}

/// Whether the word stands anywhere in the tokens.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

/// The type for use outside of its function: lifetimes that the function declares become `'_`, and `Self` the type
/// that it stands for.
pub(super) fn outside(ty: &Type, generics: &Generics, self_type: Option<&TokenStream>) -> TokenStream {
    let lifetimes: Vec<String> = generics.lifetimes().map(|param| param.lifetime.ident.to_string()).collect();
    replace(ty.to_token_stream(), &lifetimes, self_type)
}

fn replace(tokens: TokenStream, lifetimes: &[String], self_type: Option<&TokenStream>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut after_quote = false;
    for token in tokens {
        let was_after_quote =
            std::mem::replace(&mut after_quote, matches!(&token, TokenTree::Punct(p) if p.as_char() == '\''));
        match (token, self_type) {
            (TokenTree::Ident(ident), _)
                if was_after_quote && lifetimes.iter().any(|known| ident == known) =>
            {
                out.extend([TokenTree::Ident(proc_macro2::Ident::new("_", ident.span()))]);
            }
            (TokenTree::Ident(ident), Some(self_type)) if ident == "Self" => {
                // Errors about it are about this place, not about the head of the block.
                out.extend(relocate(self_type.clone(), ident.span(), ident.span()));
            }
            (TokenTree::Group(group), _) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), replace(group.stream(), lifetimes, self_type));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            (token, _) => out.extend([token]),
        }
    }
    out
}
