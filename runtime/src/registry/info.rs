use std::time::Duration;

use crate::handler::{Need, Shim};
use crate::message::{MessageInfo, Place};
use crate::pattern::{KeyInfo, PatternInfo, Patterns};

/// What a handler is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Answers calls and takes sends: exactly one handler gets each message.
    Service,
    /// Hears what is published: one handler of every group gets each message.
    Observer,
}

/// What happens to the world when a handler runs twice for one message (rule R3 of the reliability rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Nothing was said; such a handler is never run again when the outcome is unknown.
    Undeclared,
    /// It changes nothing.
    Read,
    /// Running it twice has the effect of running it once.
    Idempotent,
    /// The runtime remembers idempotency keys for this long and answers repeats from memory.
    Dedup {
        /// How long a key is remembered.
        window: Duration,
    },
    /// Duplicates happen and are accepted.
    AcceptDuplicates,
}

impl Effect {
    /// How long a handler with `effect(dedup)` remembers keys unless it says otherwise (rule R7).
    pub const WINDOW: Duration = Duration::from_mins(10);

    /// The word for it in the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Undeclared => "undeclared",
            Effect::Read => "read",
            Effect::Idempotent => "idempotent",
            Effect::Dedup { .. } => "dedup",
            Effect::AcceptDuplicates => "accept-duplicates",
        }
    }
}

/// Everything known about one annotated function before the program runs.
#[allow(clippy::struct_excessive_bools)] // Each is an option that is written or not.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Info {
    /// Service or observer.
    pub kind: Kind,
    /// The patterns it answers; at least one.
    pub patterns: Patterns,
    /// The function's name, or `Type::method`.
    pub name: &'static str,
    /// `module_path!()` of the function.
    pub module: &'static str,
    /// Source file as the compiler saw it, and line of the attribute.
    pub place: Place,
    /// The first paragraphs of its doc comment, empty if there is none.
    pub doc: &'static str,
    /// The name given by `group(…)`; otherwise the module is the service.
    pub group: Option<&'static str>,
    /// What `effect(…)` declares.
    pub effect: Effect,
    /// Replaces the handler with the equal pattern.
    pub overrides: bool,
    /// One of several implementations of which a process mounts one.
    pub alternative: bool,
    /// Breaks ties between patterns with the same number of keys; higher wins. 0 if not given.
    pub rank: i32,
    /// Whether `rank(…)` was written, so that a tie is on purpose.
    pub ranked: bool,
    /// The longest one message may take in this handler.
    pub timeout: Option<Duration>,
    /// How many messages may be in this handler at once.
    pub concurrency: Option<u32>,
    /// The message type; `None` for a handler that takes any JSON.
    pub message: Option<&'static MessageInfo>,
    /// Whether the handler takes its message by reference.
    pub by_ref: bool,
    /// What its other arguments need: state, declared outputs.
    pub needs: &'static [&'static [Need]],
    /// The handler itself, type erased.
    pub shim: Shim,
}

impl Info {
    /// For the macros: the least there is to say about a handler, with its one pattern or the first of several; the rest
    /// by the `with_…` functions.
    ///
    /// Flat, since the compiler checks and evaluates it once for every handler: an argument that is made by a call, or a
    /// slice, costs it more than all that is done here.
    #[doc(hidden)]
    #[track_caller]
    #[allow(clippy::too_many_arguments)]
    pub const fn new(
        kind: Kind,
        keys: &'static [KeyInfo],
        text: &'static str,
        name: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
        doc: &'static str,
        message: Option<&'static MessageInfo>,
        shim: Shim,
    ) -> Self {
        let pattern = PatternInfo::new(keys, text);
        if let Some(message) = message {
            super::fit::pattern_fits_message(&pattern, message, name);
        }
        Info {
            kind,
            patterns: Patterns::One(pattern),
            name,
            module,
            place: Place { file, line },
            doc,
            group: None,
            effect: Effect::Undeclared,
            overrides: false,
            alternative: false,
            rank: 0,
            ranked: false,
            timeout: None,
            concurrency: None,
            message,
            by_ref: false,
            needs: &[],
            shim,
        }
    }

    /// All patterns, in place of the first.
    #[doc(hidden)]
    #[track_caller]
    pub const fn with_patterns(mut self, patterns: &'static [PatternInfo]) -> Self {
        let mut i = 0;
        while i < patterns.len() {
            if let Some(message) = self.message {
                super::fit::pattern_fits_message(&patterns[i], message, self.name);
            }
            i += 1;
        }
        self.patterns = Patterns::Several(patterns);
        self
    }

    #[doc(hidden)]
    pub const fn with_needs(mut self, needs: &'static [&'static [Need]]) -> Self {
        self.needs = needs;
        self
    }

    #[doc(hidden)]
    pub const fn with_group(mut self, group: &'static str) -> Self {
        self.group = Some(group);
        self
    }

    #[doc(hidden)]
    pub const fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    #[doc(hidden)]
    pub const fn with_overrides(mut self) -> Self {
        self.overrides = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_alternative(mut self) -> Self {
        self.alternative = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_rank(mut self, rank: i32) -> Self {
        self.rank = rank;
        self.ranked = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_timeout_ms(mut self, ms: u64) -> Self {
        self.timeout = Some(Duration::from_millis(ms));
        self
    }

    #[doc(hidden)]
    pub const fn with_concurrency(mut self, n: u32) -> Self {
        self.concurrency = Some(n);
        self
    }

    #[doc(hidden)]
    pub const fn with_by_ref(mut self) -> Self {
        self.by_ref = true;
        self
    }

    /// The service this handler belongs to: the name that `group(…)` gives it, or else the last part of its module's
    /// path. Modules of one name are one service, wherever they stand.
    pub const fn service(&self) -> &'static str {
        if let Some(group) = self.group {
            return group;
        }
        let module = self.module.as_bytes();
        let mut from = module.len();
        while from > 0 && module[from - 1] != b':' {
            from -= 1;
        }
        self.module.split_at(from).1
    }

    /// The crate it was written in.
    pub fn crate_name(&self) -> &'static str {
        // By a character: a search for text first studies the text.
        self.module.split(':').next().unwrap_or(self.module)
    }
}

/// What the macros register: all handlers of one attribute.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registration(fn() -> &'static [Info]);

inventory::collect!(Registration);

/// Every handler that is linked into the program, as a list like that of [`services!`](crate::services).
///
/// A crate that is named only in `Cargo.toml` is not linked: write `use its_name as _;`.
pub fn discover() -> Vec<&'static [Info]> {
    inventory::iter::<Registration>.into_iter().map(Registration::list).collect()
}

/// What `services![…]` lists: a handler, or a type whose methods are handlers.
///
/// Implemented by the macros only: for each annotated function there is a type of the same name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handlers",
    label = "nothing that `services![…]` could list",
    note = "list functions with `#[service]` or `#[observer]`, and types whose `impl` block has `#[handlers]`"
)]
pub trait Services {
    /// The handlers.
    const LIST: &'static [Info];
}

/// The type that stands beside an annotated function. It says what the compiler would otherwise be told for every
/// handler: that one is a list of one, and how it is registered.
#[doc(hidden)]
pub trait Annotated {
    /// The handler. `#[matchbus::main]` looks for this name in the metadata of the crates that it is compiled with.
    const MATCHBUS_HANDLER: Info;
}

#[diagnostic::do_not_recommend]
impl<A: Annotated> Services for A {
    const LIST: &'static [Info] = &[A::MATCHBUS_HANDLER];
}

impl Registration {
    /// For the macros: all handlers of one attribute.
    ///
    /// What is wrong with a handler is found while its constant is evaluated, here, in a static: so also by
    /// `cargo check`. What is registered only leads there: the compiler looks through all that a static refers to
    /// (measured: a thirtieth of the check of a program with a thousand handlers).
    #[doc(hidden)]
    pub const fn of<S: Services>() -> Self {
        let _ = S::LIST;
        Registration(|| S::LIST)
    }

    /// As [`of`](Registration::of), for the one handler of an attribute on a function.
    #[doc(hidden)]
    pub const fn one<A: Annotated>() -> Self {
        let _ = A::MATCHBUS_HANDLER;
        Registration(|| <A as Services>::LIST)
    }

    /// The handlers.
    #[doc(hidden)]
    pub fn list(&self) -> &'static [Info] {
        (self.0)()
    }
}
