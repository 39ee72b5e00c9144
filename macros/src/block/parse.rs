use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Token, Type, WhereClause};

use crate::handler::without_ours;

/// An `impl` block whose methods' bodies are not looked at.
pub(super) struct Block {
    pub(super) attrs: Vec<Attribute>,
    pub(super) generics: Generics,
    /// The type, or the trait if it is a trait's `impl`.
    pub(super) ty: Type,
    /// `for`, which makes it the `impl` of a trait.
    pub(super) trait_for: Option<Token![for]>,
    /// The tokens of each item inside.
    pub(super) items: Vec<TokenStream>,
    /// All before the braces.
    head: TokenStream,
    braces: Group,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let start = input.fork();
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<Option<Token![unsafe]>>()?;
        input.parse::<Token![impl]>()?;
        let generics = if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let ty = input.parse()?;
        let trait_for: Option<Token![for]> = input.parse()?;
        if trait_for.is_some() {
            input.parse::<Type>()?;
        }
        input.parse::<Option<WhereClause>>()?;
        let braces: Group = input.parse()?;
        if braces.delimiter() != Delimiter::Brace {
            return Err(syn::Error::new(braces.span(), "expected the braces of an `impl` block"));
        }
        let mut head: Vec<TokenTree> = start.parse::<TokenStream>()?.into_iter().collect();
        head.pop();
        let items = items(braces.stream());
        Ok(Block { attrs, generics, ty, trait_for, items, head: head.into_iter().collect(), braces })
    }
}

impl Block {
    /// As it came, but for the attributes of its methods.
    pub(super) fn without_ours(&self) -> TokenStream {
        let items = self.items.iter().cloned().map(without_ours).collect();
        let mut braces = Group::new(Delimiter::Brace, items);
        braces.set_span(self.braces.span());
        let mut tokens = self.head.clone();
        braces.to_tokens(&mut tokens);
        tokens
    }
}

/// An item ends with braces or with a semicolon. (`const N: u8 = { 1 };` falls in two, which does no harm: nobody
/// looks at its parts.)
fn items(tokens: TokenStream) -> Vec<TokenStream> {
    let (mut items, mut item) = (Vec::new(), Vec::new());
    for token in tokens {
        let ends = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        item.push(token);
        if ends {
            items.push(item.drain(..).collect());
        }
    }
    items.push(item.into_iter().collect());
    items
}
