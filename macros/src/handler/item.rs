use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

use super::Kind;

/// A function whose body is not looked at.
///
/// The body may be half written, and completing it in an editor must keep working; and a thousand bodies that
/// nobody needs to understand are a thousand not parsed. The function is emitted as it came, token by token.
pub(crate) struct MaybeItemFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
}

impl MaybeItemFn {
    /// Reads an item of which only the head counts. The body is not even handed to syn, which would copy all of it.
    pub(crate) fn read(item: TokenStream) -> syn::Result<Self> {
        let mut tokens: Vec<TokenTree> = item.into_iter().collect();
        if let Some(TokenTree::Group(body)) = tokens.last_mut()
            && body.delimiter() == Delimiter::Brace
        {
            let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
            empty.set_span(body.span());
            *body = empty;
        }
        syn::parse2(tokens.into_iter().collect())
    }
}

impl Parse for MaybeItemFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let item = MaybeItemFn {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
        };
        input.parse::<TokenStream>()?;
        Ok(item)
    }
}

/// The item without `#[service]` and `#[observer]` among its attributes; all else token by token.
pub(crate) fn without_ours(item: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let Some(brackets) = tokens.next_if(|next| is_hash && is_bracket(next)) else {
            out.push(token);
            break;
        };
        let attribute = [token, brackets];
        let parsed = Attribute::parse_outer.parse2(attribute.iter().cloned().collect());
        if !parsed.is_ok_and(|attrs| attrs.iter().any(|attr| Kind::of(attr).is_some())) {
            out.extend(attribute);
        }
    }
    out.into_iter().chain(tokens).collect()
}

fn is_bracket(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}
