//! What is told where nobody answers, with the cure.

use std::fmt::Write as _;

use super::core::Core;
use super::envelope::Envelope;
use super::remote::Observer;
use crate::list::List;
use crate::message::{Error, ErrorKind, Outcome};
use crate::router::{Below, Explanation, Fields, Matcher};
use crate::sort::sort_by;
use crate::transport::Url;

/// The most patterns that are named where none comes near.
const NAMED: usize = 5;

impl Core {
    /// Nobody here answers `message`: counted, and told with what would have come nearest.
    #[cold]
    pub(crate) fn no_handler(&self, message: &dyn Fields, envelope: &Envelope<'_>) -> Error {
        let groups = self.groups.iter().filter(|group| group.observers.find_any(message).is_some()).count();
        let all = || self.services.firsts().map(|index| self.handler(index).text.to_string()).list();
        self.unanswered(&self.services.explain(message), groups, all, envelope)
    }

    /// Nobody answers `message`, here or elsewhere. For who is in this process: those outside are told of no others.
    #[cold]
    pub(crate) fn no_handler_anywhere(&self, message: &dyn Fields, envelope: &Envelope<'_>) -> Error {
        let here = self.groups.iter().filter(|group| group.observers.find_any(message).is_some());
        let here: Vec<&str> = here.map(|group| &*group.name).list();
        let away = self.remote.observers(message);
        let away = away.iter().filter(|one| one.group.as_deref().is_none_or(|name| !here.contains(&name)));
        let groups = here.len() + away.count();
        let matcher = self.patterns_anywhere();
        let all = || matcher.iter().map(|found| found.pattern().to_string()).list();
        let error = self.unanswered(&matcher.explain(&message), groups, all, envelope);
        let silent = self.silent();
        if silent.is_empty() {
            return error;
        }
        // They may be the ones.
        let mut text = error.text().to_owned();
        for (url, why) in silent.iter().take(NAMED) {
            let _ = write!(text, "; what `{url}` answers is not known: {why}");
        }
        if silent.len() > NAMED {
            let _ = write!(text, "; and of {} more neither", silent.len() - NAMED);
        }
        let error = error.with_text(text);
        if self.may_be_told() { error.that_passes() } else { error }
    }

    /// What is answered, here or elsewhere.
    fn patterns_anywhere(&self) -> Matcher<()> {
        let mut matcher = Matcher::with_compare(self.settings.compare);
        for index in self.services.firsts() {
            let handler = self.handler(index);
            matcher.add_ranked(&handler.pattern, handler.rank, ());
        }
        for (pattern, rank, _) in self.remote.answered() {
            matcher.add_ranked(&pattern, rank, ());
        }
        matcher
    }

    /// Which patterns fit `message`, here or elsewhere.
    pub(crate) fn explain(&self, message: &dyn Fields) -> Explanation {
        if self.remote.is_empty() {
            self.services.explain(message)
        } else {
            self.patterns_anywhere().explain(&message)
        }
    }

    /// Where `message` is answered in other processes, and by which pattern; `None` if here or nowhere.
    pub(crate) fn answered_at(&self, message: &dyn Fields) -> Option<(String, Vec<Url>)> {
        let here = self.services.find_any(message);
        if here.is_some_and(|here| !self.is_outranked(here, message)) && !self.remote.skips_local(message) {
            return None;
        }
        let target = self.remote.find(message)?;
        Some((target.pattern.clone(), target.peers.iter().map(|peer| peer.url.clone()).list()))
    }

    /// Who hears `message` if it is published, here and elsewhere.
    pub(crate) fn hearers(&self, message: &dyn Fields) -> Hearers {
        let mut all = Vec::new();
        for group in &self.groups {
            let why = group.observers.explain(message);
            if !why.matched.is_empty() {
                all.push(Hearer::Here { group: group.name.to_string(), why });
            }
        }
        let here = |name: &str| {
            self.groups
                .iter()
                .any(|group| *group.name == *name && group.observers.find_any(message).is_some())
        };
        for Observer { group, target } in self.remote.observers(message) {
            if !group.as_deref().is_some_and(here) {
                let at = target.peers.iter().map(|peer| peer.url.clone()).list();
                all.push(Hearer::Elsewhere { group, pattern: target.pattern.clone(), at });
            }
        }
        let near = if all.is_empty() { Some(self.observers_anywhere().explain(&message)) } else { None };
        Hearers { all, near }
    }

    /// What is observed, here or elsewhere.
    fn observers_anywhere(&self) -> Matcher<()> {
        let mut matcher = Matcher::with_compare(self.settings.compare);
        for index in self.groups.iter().flat_map(|group| group.observers.firsts()) {
            matcher.add(&self.handler(index).pattern, ());
        }
        for pattern in self.remote.observed() {
            matcher.add(&pattern, ());
        }
        matcher
    }

    fn unanswered(
        &self,
        why: &Explanation,
        groups: usize,
        all: impl FnOnce() -> Vec<String>,
        envelope: &Envelope<'_>,
    ) -> Error {
        self.count_unrouted();
        let text = match envelope.below() {
            Some(below) => below_it(below, why),
            None if groups > 0 => format!("no handler answers this message: {}", heard(groups)),
            None => {
                let mut text = format!("no handler answers this message: {}", said(why));
                if why.near.is_empty() && why.matched.is_empty() {
                    text += &named(all());
                }
                text
            }
        };
        Error::new(ErrorKind::NoHandler, Outcome::NotDone, text).of_message(&envelope.id().to_string())
    }
}

fn said(why: &Explanation) -> String {
    why.to_string().trim().replace('\n', "; ")
}

/// A message that a handler handed on. What comes before that handler in the order is nothing to come near to.
fn below_it(below: &Below, why: &Explanation) -> String {
    let mut why = why.clone();
    why.matched.clear();
    why.reason = None;
    why.near.retain(|near| near.pattern.len() < below.pattern.len());
    format!(
        "no handler answers this message after `{below}`, whose handler hands it on by `Prior`: {}; mount what it stands \
         before, or name a process that has it by `--bus URL`",
        said(&why)
    )
}

/// Who hears a message that is published.
#[derive(Debug)]
pub(crate) struct Hearers {
    pub(crate) all: Vec<Hearer>,
    /// What comes near, if nobody does.
    pub(crate) near: Option<Explanation>,
}

/// A group that gets a copy.
#[derive(Debug)]
pub(crate) enum Hearer {
    /// In this process.
    Here { group: String, why: Explanation },
    /// In one of these; all groups there, if none is named.
    Elsewhere { group: Option<String>, pattern: String, at: Vec<Url> },
}

/// An event that was called or sent.
fn heard(groups: usize) -> String {
    let hear = if groups == 1 {
        "1 group of observers hears".into()
    } else {
        format!("{groups} groups of observers hear")
    };
    format!(
        "{hear} it, so publish it: `call --publish`, over HTTP the header `matchbus-published: true`, in code `Bus::publish`"
    )
}

fn named(mut all: Vec<String>) -> String {
    if all.is_empty() {
        return ", since nothing answers anything here: mount services, or name a process that has them by `--bus URL`"
            .into();
    }
    sort_by(&mut all, Ord::cmp);
    let mut text = String::from(", and none comes near; there are ");
    for (i, pattern) in all.iter().take(NAMED).enumerate() {
        let _ = write!(text, "{}`{pattern}`", if i == 0 { "" } else { ", " });
    }
    if all.len() > NAMED {
        let _ = write!(text, " and {} more, which `list` shows", all.len() - NAMED);
    }
    text
}
