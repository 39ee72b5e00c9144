use super::core::Core;
use super::deliver::{Choice, Takes};
use crate::list::List;
use crate::message::{Message, MessageInfo};
use crate::pattern::{Compare, Pattern, PatternInfo, Scalar, Value, ValueRef};
use crate::router::precedence;
use crate::sort::sort_by;

/// The fields of a message by number, as `Message::key` shows them. Not a type parameter: what is generic is compiled
/// anew for every message type, with the program.
pub(crate) type Fields<'a> = dyn Fn(usize, &mut dyn FnMut(Scalar<'_>)) + 'a;

/// Where the messages of one type go: worked out once, so that a call looks only at the fields that decide.
#[derive(Debug)]
pub(crate) struct Route {
    /// The first candidate, if it answers whatever the message's fields are, as most do.
    always: Option<Choice>,
    candidates: Box<[Candidate]>,
}

/// A handler that can answer messages of the type, if its tests hold.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) choice: Choice,
    tests: Tests,
}

/// What must hold of a message of some type for a pattern to match.
#[derive(Debug, Default)]
pub(super) struct Tests(Box<[Test]>);

#[derive(Debug)]
struct Test {
    field: usize,
    value: Value,
    compare: Compare,
}

impl Route {
    /// The candidates for a type's messages among the services of this bus, in order of precedence.
    pub(crate) fn of(core: &Core, message: &'static MessageInfo) -> Self {
        let tests = |index| Tests::of(&core.handler(index).pattern, core.settings.compare, message);
        let mut firsts: Vec<(u32, Tests)> =
            core.services.firsts().filter_map(|index| Some((index, tests(index)?))).list();
        sort_by(&mut firsts, |(a, _), (b, _)| {
            let (a, b) = (core.handler(*a), core.handler(*b));
            precedence(core.settings.compare, (&a.pattern, a.rank), (&b.pattern, b.rank))
        });
        let mut candidates = Vec::new();
        for (first, found) in firsts {
            let mut next = core.handler(first).replaced;
            candidates.push(Candidate::new(core, message, first, found));
            while let Some(replaced) = next {
                candidates.push(Candidate::new(core, message, replaced, tests(replaced).unwrap_or_default()));
                next = core.handler(replaced).replaced;
            }
        }
        let always = candidates.first().filter(|first| first.tests.0.is_empty()).map(|first| first.choice);
        Route { always, candidates: candidates.into() }
    }

    /// The handler for every message of the type, if it is one.
    #[inline]
    pub(crate) fn always(&self) -> Option<Choice> {
        self.always
    }

    /// The handler for `message`.
    pub(crate) fn find<M: Message>(&self, message: &M) -> Option<Choice> {
        if self.always.is_some() { self.always } else { self.search(&|field, see| message.key(field, see)) }
    }

    fn search(&self, fields: &Fields<'_>) -> Option<Choice> {
        let found = self.candidates.iter().find(|candidate| candidate.fits(fields));
        found.map(|candidate| candidate.choice)
    }

    /// The handler that would have been found without `current` and those before it.
    pub(crate) fn after(&self, fields: &Fields<'_>, current: u32) -> Option<Choice> {
        let from_current = self.candidates.iter().skip_while(|candidate| candidate.choice.handler != current);
        from_current.skip(1).find(|candidate| candidate.fits(fields)).map(|candidate| candidate.choice)
    }
}

impl Candidate {
    fn new(core: &Core, message: &MessageInfo, handler: u32, tests: Tests) -> Self {
        Candidate { choice: Choice { handler, takes: Takes::of(core.handler(handler), message) }, tests }
    }

    fn fits(&self, fields: &Fields<'_>) -> bool {
        self.tests.hold(fields)
    }
}

impl Tests {
    /// `None` if the pattern never matches. A key that is no field of the type can only come with
    /// [`extend`](crate::Bus::extend), which takes another way.
    pub(super) fn of(pattern: &Pattern, compare: Compare, message: &MessageInfo) -> Option<Self> {
        let mut tests = Vec::new();
        for (name, value) in pattern.iter() {
            if let Some(given) = fixed(&message.pattern, name) {
                if !value.fits(compare, scalar(given)) {
                    return None;
                }
            } else {
                let field = message.fields.iter().position(|field| field.name == name)?;
                tests.push(Test { field, value: value.clone(), compare });
            }
        }
        Some(Tests(tests.into()))
    }

    pub(super) fn hold(&self, fields: &Fields<'_>) -> bool {
        self.0.iter().all(|test| test.holds(fields))
    }
}

impl Test {
    fn holds(&self, fields: &Fields<'_>) -> bool {
        let mut holds = false;
        fields(self.field, &mut |scalar| holds = self.value.fits(self.compare, scalar));
        holds
    }
}

fn fixed(pattern: &PatternInfo, name: &str) -> Option<ValueRef<'static>> {
    pattern.keys.iter().find(|key| key.name == name).map(|key| key.value)
}

/// The value that a message has whose type fixes the key.
pub(crate) fn scalar(value: ValueRef<'_>) -> Scalar<'_> {
    match value {
        ValueRef::Str(text) | ValueRef::Glob(text) => Scalar::Str(text),
        ValueRef::Int(n) => Scalar::Int(n),
        ValueRef::Bool(b) => Scalar::Bool(b),
    }
}

/// Whether a handler with this pattern can be given a message of this type.
pub(crate) fn could_answer(pattern: &Pattern, message: &MessageInfo) -> bool {
    pattern.iter().all(|(name, value)| match message.pattern.keys.iter().find(|key| key.name == name) {
        Some(key) => value.fits(Compare::Typed, scalar(key.value)),
        None => {
            message.open
                || message.context.contains(&name)
                || message.fields.iter().any(|field| field.name == name)
        }
    })
}
