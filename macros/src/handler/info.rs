use proc_macro2::TokenStream;
use quote::quote;

use super::shim::shim;
use super::{Effect, Handler, Kind, Message};

/// The `Info` of a handler.
pub(crate) fn info(handler: &Handler, private: &TokenStream) -> TokenStream {
    let Handler { name, doc, shape, options, .. } = handler;
    let shim = shim(handler, private);
    let kind = match handler.kind {
        Kind::Service => quote!(#private::Kind::Service),
        Kind::Observer => quote!(#private::Kind::Observer),
    };
    let first = handler.patterns.first().map(|pattern| pattern.arguments(private));
    let line = handler.line.map_or_else(|| quote!(::core::line!()), |line| quote!(#line));
    let message = match &shape.message {
        Message::None => quote!(::core::option::Option::None),
        Message::Owned(argument) | Message::Borrowed(argument) => {
            let ty = &argument.ty;
            quote!(<#ty as #private::Incoming>::MESSAGE)
        }
    };
    let state =
        handler.state.iter().map(|state| quote!(<#private::State<#state> as #private::FromContext>::NEEDS));
    let others = shape.others.iter().map(|argument| {
        let (ty, cfgs) = (&argument.ty, &argument.cfgs);
        quote!(#(#cfgs)* <#ty as #private::FromContext>::NEEDS)
    });
    let needs: Vec<_> = state.chain(others).collect();
    let mut more = TokenStream::new();
    if handler.patterns.len() > 1 {
        let patterns = handler.patterns.iter().map(|pattern| pattern.info(private));
        more.extend(quote!(.with_patterns(&[#(#patterns),*])));
    }
    if !needs.is_empty() {
        more.extend(quote!(.with_needs(&[#(#needs),*])));
    }
    if let Some(group) = &options.group {
        more.extend(quote!(.with_group(#group)));
    }
    if let Some(effect) = options.effect {
        let effect = effect_tokens(effect, private);
        more.extend(quote!(.with_effect(#effect)));
    }
    if options.overrides {
        more.extend(quote!(.with_overrides()));
    }
    if options.alternative {
        more.extend(quote!(.with_alternative()));
    }
    if let Some(rank) = options.rank {
        more.extend(quote!(.with_rank(#rank)));
    }
    if let Some(timeout) = options.timeout {
        more.extend(quote!(.with_timeout_ms(#timeout)));
    }
    if let Some(concurrency) = options.concurrency {
        more.extend(quote!(.with_concurrency(#concurrency)));
    }
    if let Message::Borrowed(_) = shape.message {
        more.extend(quote!(.with_by_ref()));
    }
    quote! {
        #private::Info::new(
            #kind,
            #first,
            #name,
            ::core::module_path!(),
            ::core::file!(),
            #line,
            #doc,
            #message,
            #shim,
        )
        #more
    }
}

fn effect_tokens(effect: Effect, private: &TokenStream) -> TokenStream {
    match effect {
        Effect::Read => quote!(#private::Effect::Read),
        Effect::Idempotent => quote!(#private::Effect::Idempotent),
        Effect::AcceptDuplicates => quote!(#private::Effect::AcceptDuplicates),
        Effect::Dedup(millis) => {
            quote!(#private::Effect::Dedup { window: ::core::time::Duration::from_millis(#millis) })
        }
    }
}
