use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::signature::Argument;
use super::{Handler, Kind, Message};
use crate::spans::{ends, relocate};

/// What stands between the bus and the user's function: of a function that takes its message only, nothing but its name;
/// otherwise a closure of one shape for all.
///
/// There is one of it for each handler, so it is as small as can be: nothing is decoded or encoded here, and the
/// future is boxed by a function of the runtime. A closure and not a function, since the compiler understands it together
/// with the constant that it stands in. Each bound is asked with the span of what it is about.
pub(super) fn shim(handler: &Handler, private: &TokenStream) -> TokenStream {
    let Handler { function, shape, .. } = handler;
    let local = |name: &str| Ident::new(name, Span::mixed_site());
    let (context, input, out, held, state) =
        (local("cx"), local("input"), local("out"), local("held"), local("state"));
    if let Some(Argument { ty, .. }) = only_message(handler) {
        let (first, last) = ends(&shape.returned);
        let there = |tokens: TokenStream| relocate(tokens, first, last);
        let serve = if shape.is_async { quote!(serve) } else { quote!(serve_now) };
        return there(quote!(#private::#serve::<#ty, _, _>(#function)));
    }
    let (mut lets, mut arguments) = (TokenStream::new(), TokenStream::new());
    let mut borrows = false;
    if let Some(ty) = &handler.state {
        lets.extend(
            quote!(let #state = <#private::State<#ty> as #private::FromContext>::from_context(#context)?;),
        );
        arguments.extend(quote!(&#state,));
        borrows = true;
    }
    match &shape.message {
        Message::None => {}
        Message::Owned(Argument { ty, cfgs }) => {
            let take = ask(ty, &quote!(#private::Incoming), "take");
            lets.extend(quote!(#(#cfgs)* let #held = #take(#input)?;));
            arguments.extend(quote!(#(#cfgs)* #held,));
        }
        Message::Borrowed(Argument { ty, cfgs }) => {
            let hold = ask(ty, &quote!(#private::Incoming), "hold");
            lets.extend(quote!(#(#cfgs)* let #held = #hold(#input)?;));
            arguments.extend(quote!(#(#cfgs)* &#held,));
            borrows = true;
        }
    }
    for (i, Argument { ty, cfgs }) in shape.others.iter().enumerate() {
        let other = local(&format!("a{i}"));
        let from = ask(ty, &quote!(#private::FromContext), "from_context");
        lets.extend(quote!(#(#cfgs)* let #other = #from(#context)?;));
        arguments.extend(quote!(#(#cfgs)* #other,));
    }
    // Errors about the returned type, and about a future that is not `Send`, underline the returned type.
    let (first, last) = ends(&shape.returned);
    let there = |tokens: TokenStream| relocate(tokens, first, last);
    let call = there(quote!(#function(#arguments)));
    let message = there(match &shape.message {
        // A handler that does not look at its message answers like one that takes any JSON.
        Message::None => quote!(#private::Value),
        Message::Owned(argument) | Message::Borrowed(argument) => argument.ty.clone(),
    });
    let is_service = handler.kind == Kind::Service;
    let end = match (shape.is_async, borrows, is_service) {
        (true, false, true) => there(quote!(#private::answer::<#message, _>(#call))),
        (true, false, false) => there(quote!(#private::hear(#call))),
        (false, _, true) => there(quote!(#private::answer_now::<#message, _>(#out, #call))),
        (false, _, false) => there(quote!(#private::hear_now(#out, #call))),
        (true, true, _) => {
            let sendable = there(quote!(#private::sendable(#call)));
            let start = |future: TokenStream| {
                if is_service {
                    there(quote!(#private::answer::<#message, _>(#future)))
                } else {
                    there(quote!(#private::hear(#future)))
                }
            };
            // What it borrows lives in the future with it,
            let holding = start(there(quote!(async move { #sendable.await })));
            if handler.state.is_none() {
                // … unless it lives with the caller. Then the user's future is made before its box and not in it: moved
                // as soon as it is made, it would be waited for on its way to memory (measured: 9 ns).
                let lent = start(sendable);
                quote!(match #held { #private::Held::Borrowed(#held) => #lent, #private::Held::Owned(#held) => #holding })
            } else {
                holding
            }
        }
    };
    // No name for what is not used: an `allow` could be forbidden.
    let is_read = handler.state.is_some() || !shape.others.is_empty();
    let context = if is_read { quote!(#context) } else { quote!(_) };
    let input = if matches!(shape.message, Message::None) { quote!(_) } else { quote!(#input) };
    let out = if shape.is_async { quote!(_) } else { quote!(#out) };
    quote!(|#context, #input, #out| { #lets #end })
}

/// The message of a service that takes nothing else, as most do.
fn only_message(handler: &Handler) -> Option<&Argument> {
    let Message::Owned(message) = &handler.shape.message else { return None };
    let alone = handler.state.is_none() && handler.shape.others.is_empty() && message.cfgs.is_empty();
    (alone && handler.kind == Kind::Service).then_some(message)
}

/// `<Type as Trait>::member`, from the type's first token to its last.
fn ask(ty: &TokenStream, the_trait: &TokenStream, member: &str) -> TokenStream {
    let (first, last) = ends(ty);
    let member = Ident::new(member, last);
    let open = quote_spanned!(first=> <);
    quote!(#open #ty as #the_trait>::#member)
}
