use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Token};

use crate::attribute::{
    Entry, Given, Spent, integer, no_arguments, no_key, one_path, read, unknown_without_keys,
};
use crate::errors::Errors;

/// As they are written.
const FORMS: &[&str] =
    &["worker_threads(4)", "current_thread", "allow_unlinked(cart_service)", "crate(path::to::matchbus)"];

#[derive(Default)]
pub(super) struct Options {
    pub(super) worker_threads: Option<usize>,
    pub(super) current_thread: bool,
    /// Dependencies with handlers that need not be linked.
    pub(super) allow_unlinked: Vec<Ident>,
    pub(super) krate: Option<Path>,
}

impl Options {
    pub(super) fn new(arguments: TokenStream, errors: &mut Errors) -> Self {
        let (mut options, mut spent) = (Options::default(), Spent::default());
        for entry in read(arguments, errors) {
            let given = match entry {
                Entry::Option(given) => given,
                Entry::Key(key) => {
                    no_key(&key, "`#[matchbus::main]`", FORMS, errors);
                    continue;
                }
                Entry::Broken => continue,
                Entry::Group(span, _) => {
                    errors.at(span, "`#[matchbus::main]` has no pattern; remove the group");
                    continue;
                }
            };
            if !spent.first(&given, errors) {
                continue;
            }
            let contradicts = |options: &Options| options.current_thread && options.worker_threads.is_some();
            let told = contradicts(&options);
            match given.name.to_string().as_str() {
                "worker_threads" => options.worker_threads = worker_threads(&given, errors),
                "current_thread" => {
                    no_arguments(&given, errors);
                    options.current_thread = true;
                }
                "allow_unlinked" => options.allow_unlinked = crates(&given, errors),
                "crate" => options.krate = one_path(&given, errors),
                _ => unknown_without_keys(&given, FORMS, errors),
            }
            if contradicts(&options) && !told {
                errors.at(given.span(), "`current_thread` has no worker threads; remove one of both options");
            }
        }
        options
    }
}

fn worker_threads(given: &Given, errors: &mut Errors) -> Option<usize> {
    let (n, span) = integer(given, "4", errors)?;
    if n == 0 {
        errors.at(span, "at least one thread must run the handlers; or write `current_thread`");
        return None;
    }
    Some(n)
}

fn crates(given: &Given, errors: &mut Errors) -> Vec<Ident> {
    let arguments = given.arguments.clone().unwrap_or_default();
    let read = |input: syn::parse::ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
    };
    match read.parse2(arguments.clone()) {
        Ok(names) if !names.is_empty() => names.into_iter().collect(),
        _ => {
            errors.at(
                given.span(),
                "expected names of crates, as in code: `allow_unlinked(cart_service, stock_service)`",
            );
            Vec::new()
        }
    }
}
