use std::future::Future;
use std::sync::Arc;

use crate::bus::dedup::Dedup;
use crate::bus::limit::Limit;
use crate::bus::mounted::{About, Closure, Handler};
use crate::bus::settings::Settings;
use crate::handler::{Accepts, Incoming, answer};
use crate::message::Text;
use crate::pattern::{Compare, Pattern, PatternError, PatternInfo, Value};
use crate::registry::{Effect, Info, Kind};
use crate::seam::clock;

/// A handler before it is mounted.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) about: About,
    pub(super) call: Handler,
    /// For closures; an annotated function brings its own.
    pub(super) patterns: Vec<Pattern>,
    /// Takes the place of every handler with the equal pattern, also of those that override it.
    pub(super) replaces: bool,
}

impl Draft {
    pub(super) fn of(info: &'static Info) -> Self {
        Draft {
            kind: info.kind,
            about: About::Function(info),
            call: Handler::Function(info.shim),
            patterns: Vec::new(),
            replaces: false,
        }
    }

    pub(super) fn closure<M, F, Fut>(pattern: Pattern, handler: F, replaces: bool) -> Self
    where
        M: Incoming + Accepts<Fut::Output>,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        let closure: Arc<Closure> = Arc::new(move |_, input, _| answer::<M, _>(handler(M::take(input)?)));
        Draft {
            kind: Kind::Service,
            about: About::Closure { service: Text::Static("closures"), message: M::MESSAGE },
            call: Handler::Closure(closure),
            patterns: vec![pattern],
            replaces,
        }
    }

    fn annotated(&self) -> &'static [PatternInfo] {
        self.about.info().map_or(&[], |info| info.patterns.as_slice())
    }

    /// The patterns as they stand in the program.
    pub(super) fn own_patterns(&self) -> impl Iterator<Item = Pattern> {
        self.annotated().iter().map(Pattern::from).chain(self.patterns.iter().cloned())
    }

    /// The patterns with the keys that are known only at start, and their texts.
    pub(super) fn patterns(
        &self,
        with: &[(String, Value)],
        into: &mut Vec<(Pattern, Text)>,
    ) -> Result<(), PatternError> {
        for info in self.annotated() {
            into.push(joined(Pattern::from(info), Some(info.text), with)?);
        }
        for pattern in &self.patterns {
            into.push(joined(pattern.clone(), None, with)?);
        }
        Ok(())
    }

    /// What it remembers, if it is `effect(dedup)`; `scope` is a number that no other handler has.
    pub(super) fn dedup(&self, settings: &Settings, scope: usize) -> Option<Dedup> {
        let Effect::Dedup { window } = self.about.info()?.effect else { return None };
        let window = if window == Effect::WINDOW { settings.dedup_window.unwrap_or(window) } else { window };
        Some(Dedup { scope: u32::try_from(scope).unwrap_or(u32::MAX), window: clock::bounded(window) })
    }

    pub(super) fn limit(&self, settings: &Settings) -> Option<Limit> {
        // An observer's messages come out of its queue, which has the same bound.
        let size = self.about.info()?.concurrency?;
        Some(Limit::new(size, settings.queue))
    }
}

pub(super) fn mounts(only: Option<&Vec<String>>, draft: &Draft) -> bool {
    only.is_none_or(|only| only.iter().any(|service| service == draft.about.service()))
}

/// A pattern with the keys that are known only at start, and its text.
pub(super) fn joined(
    pattern: Pattern,
    text: Option<&'static str>,
    with: &[(String, Value)],
) -> Result<(Pattern, Text), PatternError> {
    if with.is_empty() {
        let text = text.map_or_else(|| pattern.to_string().into(), Text::Static);
        return Ok((pattern, text));
    }
    // `shard = "*"` says that there is one, and the start which one: a value that fits takes the place of the glob. One
    // that the pattern has anyway changes nothing.
    let narrows = |name: &str, value: &Value| {
        let Some((_, given)) = with.iter().find(|(given, _)| given == name) else { return false };
        let fits = |given| value.fits(Compare::Typed, given);
        given == value || value.is_glob() && given.as_ref().scalar().is_some_and(fits)
    };
    let keys = pattern.iter().filter(|(name, value)| !narrows(name, value));
    let keys = keys.map(|(name, value)| (name, value.clone()));
    let more = with.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let pattern = Pattern::new(keys.chain(more))?;
    let text = pattern.to_string().into();
    Ok((pattern, text))
}
