use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, parenthesized, token};

use crate::attribute::{Given, Spent, integer, millis, no_arguments, one_name, one_path, one_text, unknown};
use crate::errors::Errors;

/// What can be said about a handler.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) effect: Option<Effect>,
    pub(crate) overrides: bool,
    pub(crate) alternative: bool,
    pub(crate) rank: Option<i32>,
    /// Milliseconds.
    pub(crate) timeout: Option<u64>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) group: Option<String>,
    pub(crate) krate: Option<Path>,
}

/// `effect(…)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Idempotent,
    AcceptDuplicates,
    /// Milliseconds.
    Dedup(u64),
}

const KNOWN: &[&str] =
    &["effect", "overrides", "alternative", "rank", "timeout", "concurrency", "group", "crate"];
const EFFECTS: &str = "`effect(read)`, `effect(idempotent)`, `effect(accept_duplicates)`, `effect(dedup)` or `effect(dedup(\"10m\"))`";
const TEN_MINUTES: u64 = 600_000;

impl Options {
    pub(crate) fn new(given: &[Given], errors: &mut Errors) -> Self {
        let (mut options, mut spent) = (Options::default(), Spent::default());
        for given in given {
            if !spent.first(given, errors) {
                continue;
            }
            match given.name.to_string().as_str() {
                "effect" => options.effect = effect(given, errors),
                "overrides" => {
                    no_arguments(given, errors);
                    options.overrides = true;
                }
                "alternative" => {
                    no_arguments(given, errors);
                    options.alternative = true;
                }
                "rank" => options.rank = integer(given, "1", errors).map(|(n, _)| n),
                "timeout" => {
                    let nothing = "a duration of nothing would end every message; leave the option out";
                    let literal = one_text(given, "\"2s\"", errors);
                    options.timeout = literal.and_then(|literal| errors.ok(millis(&literal, nothing)));
                }
                "concurrency" => options.concurrency = concurrency(given, errors),
                "group" => options.group = one_name(given, errors).map(|(name, _)| name),
                "crate" => options.krate = one_path(given, errors),
                _ => unknown(given, KNOWN, errors),
            }
        }
        options
    }

    /// The options of a method: its own, and for the rest those of its `impl`.
    pub(crate) fn or(self, shared: &Options) -> Options {
        Options {
            effect: self.effect.or(shared.effect),
            overrides: self.overrides || shared.overrides,
            alternative: self.alternative || shared.alternative,
            rank: self.rank.or(shared.rank),
            timeout: self.timeout.or(shared.timeout),
            concurrency: self.concurrency.or(shared.concurrency),
            group: self.group.or_else(|| shared.group.clone()),
            krate: shared.krate.clone(),
        }
    }
}

fn concurrency(given: &Given, errors: &mut Errors) -> Option<u32> {
    let (n, span) = integer(given, "8", errors)?;
    if n == 0 {
        errors.at(span, "with `concurrency(0)` no message would ever be handled; the least is 1");
        return None;
    }
    Some(n)
}

fn effect(given: &Given, errors: &mut Errors) -> Option<Effect> {
    let arguments = given.arguments.clone().unwrap_or_default();
    let read = |input: ParseStream<'_>| {
        let word: Ident = input.parse()?;
        let wrong = || syn::Error::new(word.span(), format!("expected {EFFECTS}"));
        let effect = match word.to_string().as_str() {
            "read" => Effect::Read,
            "idempotent" => Effect::Idempotent,
            "accept_duplicates" => Effect::AcceptDuplicates,
            "dedup" if input.peek(token::Paren) => {
                let window;
                parenthesized!(window in input);
                let literal: LitStr = window.parse().map_err(|_| wrong())?;
                Effect::Dedup(millis(
                    &literal,
                    "a window of nothing would know of no repeat; `effect(dedup)` remembers for ten minutes",
                )?)
            }
            "dedup" => Effect::Dedup(TEN_MINUTES),
            _ => return Err(wrong()),
        };
        if input.is_empty() {
            return Ok(effect);
        }
        let error = input.error(format!("one effect: {EFFECTS}"));
        input.parse::<TokenStream>()?;
        Err(error)
    };
    if arguments.is_empty() {
        errors.at(given.span(), format!("option `effect` needs an argument: {EFFECTS}"));
        return None;
    }
    errors.ok(read.parse2(arguments))
}
