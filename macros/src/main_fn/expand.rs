use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ReturnType;
use syn::ext::IdentExt;

use super::linked::{HandlerCrate, handler_crates};
use super::options::Options;
use crate::crate_path::crate_path;
use crate::handler::MaybeItemFn;
use crate::spans::{ends, relocate};

/// A plain `main` with the user's inside, which keeps its name, its tokens and its attributes.
pub(super) fn main(function: &MaybeItemFn, item: &TokenStream, options: &Options) -> TokenStream {
    let krate = crate_path(options.krate.as_ref());
    let private = quote!(#krate::__private);
    let none = || quote!(::core::option::Option::None);
    let worker_threads =
        options.worker_threads.map_or_else(none, |n| quote!(::core::option::Option::Some(#n)));
    let current_thread = options.current_thread;
    let allowed: Vec<String> = options.allow_unlinked.iter().map(|name| name.unraw().to_string()).collect();
    let crates = handler_crates();
    let crates = crates.iter().filter(|one| !allowed.contains(&one.name)).map(HandlerCrate::text);
    let (vis, name) = (&function.vis, &function.sig.ident);
    // An error about the returned type underlines it.
    let (first, last) = match &function.sig.output {
        ReturnType::Default => ends(&name.to_token_stream()),
        ReturnType::Type(_, ty) => ends(&ty.to_token_stream()),
    };
    let user_main = relocate(name.to_token_stream(), first, last);
    let run = quote! {
        #private::run_main(
            #private::MainOptions {
                package: ::core::env!("CARGO_PKG_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
                worker_threads: #worker_threads,
                current_thread: #current_thread,
                handler_crates: &[#(#crates),*],
            },
            #user_main,
        )
    };
    let run = relocate(run, first, last);
    quote! {
        #vis fn #name() -> ::std::process::ExitCode {
            #item
            #run
        }
    }
}

/// After a mistake. An `async fn main` by itself would be a second one.
pub(super) fn fallback(function: &MaybeItemFn, item: TokenStream) -> TokenStream {
    if function.sig.ident != "main" {
        return item;
    }
    quote! {
        fn main() {
            #[allow(dead_code)]
            #item
        }
    }
}
