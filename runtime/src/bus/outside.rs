use super::index::with_replaced;
use super::remote::pins_of;
use super::{Core, Envelope, Mounted};
use crate::list::List;
use crate::message::json::Scan;
use crate::message::{Error, Result};
use crate::pattern::{Compare, Pattern};
use crate::router::Matcher;
use crate::transport::{Exposed, Url};

/// What a listener lets in: which handlers its messages may reach, and how their values compare with patterns.
#[derive(Debug)]
pub(crate) struct Outside {
    /// For each handler whether a message may reach it (rule M8); `None`: all.
    exposed: Option<Vec<bool>>,
    /// The services by the text of their values, for messages of Senecas (rule M4); `None`: as within the bus.
    by_text: Option<Matcher<u32>>,
}

impl Outside {
    pub(crate) fn new(core: &Core, exposed: &Exposed, compare: Compare) -> Self {
        let exposed = match exposed {
            Exposed::All => None,
            Exposed::Pins(pins) => {
                let all = core.handlers.iter();
                Some(all.map(|handler| pins.iter().any(|pin| has(&handler.pattern, pin))).list())
            }
        };
        let by_text = (compare == Compare::Text && core.settings.compare != compare).then(|| {
            let mut matcher = Matcher::with_compare(compare);
            for index in core.services.firsts() {
                let handler = core.handler(index);
                matcher.add_ranked(&handler.pattern, handler.rank, index);
            }
            matcher
        });
        Outside { exposed, by_text }
    }

    /// As the address of the listener says too: `?pin=role:cart` narrows what it exposes.
    ///
    /// # Errors
    ///
    /// The address has a wrong pin or one for other processes, or nothing would be exposed.
    pub(crate) fn narrowed(mut self, core: &Core, url: &Url) -> Result<Self> {
        if url.option("observe").is_some() {
            return Err(Error::usage(
                "`observe` goes into an address of another process, and this is one to listen at; leave it out",
            ));
        }
        let pins = pins_of(url, "pin")?;
        if !pins.is_empty() {
            let all = (0..).zip(&core.handlers);
            let both = |(index, handler): (u32, &Mounted)| {
                self.reaches(index) && pins.iter().any(|pin| has(&handler.pattern, pin))
            };
            self.exposed = Some(all.map(both).list());
        }
        if self.exposed.as_ref().is_some_and(|all| !all.contains(&true)) {
            return Err(Error::usage(format!(
                "a listener at {url} would expose nothing: no handler of this process has the keys of its pins; `list` \
                 shows the patterns that there are"
            )));
        }
        Ok(self)
    }

    /// Whether it is as within the bus: every handler, and values compared as there.
    pub(crate) fn is_inside(&self) -> bool {
        self.exposed.is_none() && self.by_text.is_none()
    }

    /// Whether some handlers are hidden.
    pub(crate) fn hides(&self) -> bool {
        self.exposed.is_some()
    }

    pub(crate) fn reaches(&self, handler: u32) -> bool {
        self.exposed.as_ref().is_none_or(|all| all.get(handler as usize).copied().unwrap_or(false))
    }

    /// The handler that answers a message, if one may be reached.
    pub(crate) fn find(&self, core: &Core, message: &Scan<'_>) -> Option<u32> {
        let found = match &self.by_text {
            Some(matcher) => matcher.find(message).map(|found| *found.value()),
            None => core.services.find(message),
        };
        found.filter(|handler| self.reaches(*handler))
    }

    /// The handler that answers a message which a handler in another process hands on, if one may be reached.
    ///
    /// Where some handlers are hidden, those who are outside may be strangers. So nobody is passed over for them: that a
    /// message has gone through a handler already is only what its sender says.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_below(&self, core: &Core, message: &Scan<'_>, envelope: &Envelope<'_>) -> Option<u32> {
        let Some(below) = envelope.below() else { return self.find(core, message) };
        let (all, compare) = match &self.by_text {
            Some(matcher) => {
                let firsts = matcher.find_all(&message).into_iter().map(|found| *found.value());
                (with_replaced(firsts, &core.handlers), Compare::Text)
            }
            None => (core.services.find_all(message, &core.handlers), core.settings.compare),
        };
        let first = all.first().copied();
        let found = core.first_below(all, compare, below);
        found.filter(|handler| !self.hides() || (Some(*handler) == first && self.reaches(*handler)))
    }
}

/// Whether a pattern has the keys of a pin.
fn has(pattern: &Pattern, pin: &Pattern) -> bool {
    let mut one = Matcher::new();
    one.add(pattern, ());
    !one.list(pin).is_empty()
}
