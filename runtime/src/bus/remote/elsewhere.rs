use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use super::known::Routed;
use super::peer::Peer;
use super::table::Observer;
use crate::bus::guard::too_late;
use crate::bus::{Core, Origin, Published, Route, partly, together};
use crate::handler::BoxFuture;
use crate::list::List;
use crate::message::json::Scan;
use crate::message::{Error, ErrorKind, Outcome, Result};
use crate::pattern::Pattern;
use crate::registry::Catalogue;
use crate::seam::{clock, task};
use crate::transport::Url;

/// How often a peer is asked what it answers, and how long the first answer is waited for.
const REFRESH: Duration = Duration::from_secs(2);

/// How often while no message comes or goes: to ask wakes both processes. The first message that nobody answers, or whose peer
/// fails, has the peers asked at once.
const SELDOM: Duration = Duration::from_secs(20);

/// How often a peer is asked that has not answered yet.
const FIRST: Duration = Duration::from_millis(100);

/// How long one answer is waited for: over a connection whose other end is gone, and nobody said so, none will come.
const PATIENCE: Duration = Duration::from_secs(5);

impl Core {
    /// See [`Bus::connect`](crate::Bus::connect).
    pub(crate) async fn connect(self: &Arc<Self>, url: &Url) -> Result<()> {
        if let Some(peer) = self.know(url)? {
            self.first_learn(&peer).await;
        }
        Ok(())
    }

    /// Knows that there is a process at `url`, and begins to ask it what it answers; the peer, unless the URL says what
    /// it answers.
    pub(crate) fn know(self: &Arc<Self>, url: &Url) -> Result<Option<Arc<Peer>>> {
        let pins = pins_of(url, "pin")?;
        let copies = pins_of(url, "observe")?;
        let peer = self.peer(url)?;
        if !pins.is_empty() || !copies.is_empty() {
            for pin in pins {
                self.remote.say(pin, Arc::clone(&peer));
            }
            for pin in copies {
                let peers = vec![Arc::clone(&peer)];
                self.remote.route(Routed { pin, observe: true, skip_local: false, peers });
            }
            self.mark_rivals();
            return Ok(None);
        }
        self.remote.list(&peer);
        if !peer.ask() {
            task::spawn(keep_learning(Arc::downgrade(self), Arc::clone(&peer)));
        }
        Ok(Some(peer))
    }

    fn peer(&self, url: &Url) -> Result<Arc<Peer>> {
        self.remote.peer(url, || self.transport(url)?.connect(url))
    }

    /// Sends messages where a route leads. The addresses of a consume route are asked what they answer, and with which
    /// effects, for this route alone.
    pub(crate) fn route(self: &Arc<Self>, route: &Route) -> Result<()> {
        let peers = route.to.iter().map(|url| self.peer(url)).collect::<Result<Vec<_>>>()?;
        let Route { pin, observe, skip_local, .. } = route.clone();
        for peer in peers.iter().filter(|peer| !observe && !peer.ask()) {
            task::spawn_if_possible(keep_learning(Arc::downgrade(self), Arc::clone(peer)));
        }
        self.remote.route(Routed { pin, observe, skip_local, peers });
        Ok(())
    }

    /// Waits for what a peer answers, but not for long: it may not be there yet.
    pub(crate) async fn first_learn(&self, peer: &Arc<Peer>) {
        tokio::select! {
            biased;
            _ = learn(self, peer) => {}
            () = clock::sleep(REFRESH) => {}
        }
    }

    /// Waits until all of them have said what they answer, or that they will not say it. Those that are not there yet are waited
    /// for as well, and cost the time of one.
    pub(crate) async fn first_learn_all(self: &Arc<Self>) {
        let ask = |peer: Arc<Peer>| {
            let core = Arc::clone(self);
            let (ended, end) = oneshot::channel::<()>();
            task::spawn(async move {
                let heard = async {
                    learn(&core, &peer).await;
                    core.remote.heard_of(&peer).await;
                };
                let _ = clock::within(REFRESH, heard).await;
                drop(ended);
            });
            end
        };
        for end in self.remote.silent().into_iter().map(ask).list() {
            // It ends by being dropped.
            let _ = end.await;
        }
    }

    /// Who was asked and has never said what it answers, and why.
    pub(crate) fn silent(&self) -> Vec<(Url, Arc<str>)> {
        let why = |peer: &Peer| match peer.silence() {
            Some(silence) => silence.why,
            None => "it has not answered yet".into(),
        };
        self.remote.silent().iter().map(|peer| (peer.url.clone(), why(peer))).list()
    }

    /// Whether somebody who has never said what it answers may still say it.
    pub(crate) fn may_be_told(&self) -> bool {
        self.remote.silent().iter().any(|peer| !peer.silence_lasts())
    }

    /// Sends to whoever answers in another process.
    pub(crate) async fn send_elsewhere(&self, bytes: &[u8], origin: &Origin) -> Result<()> {
        let envelope = origin.envelope();
        if let Some(circle) = self.refuses_circle(&envelope) {
            return Err(circle);
        }
        let deadline = envelope.deadline(self.settings.budget);
        let scan = Scan::read(bytes, &self.settings.limits).map_err(Error::malformed)?;
        let find = || self.remote.find(&scan);
        let target = self.remote.wait_for(&find, deadline).await;
        let target = target.ok_or_else(|| self.no_handler_anywhere(&scan, &envelope))?;
        let head = envelope.head(0, deadline.saturating_duration_since(clock::now()));
        self.remote.send(bytes, &head, deadline, target, &find).await
    }

    /// Gives every group its copy: those that are here from here, and each other one from one process that has it.
    pub(crate) async fn publish_everywhere(
        self: &Arc<Self>,
        origin: &Origin,
        bytes: Vec<u8>,
    ) -> Result<Published> {
        let envelope = origin.envelope();
        if let Some(circle) = self.refuses_circle(&envelope) {
            return Err(circle);
        }
        if origin.is_late() {
            return Err(too_late());
        }
        let bytes = Arc::new(bytes);
        let scan = Scan::read(&bytes, &self.settings.limits).map_err(Error::malformed)?;
        let elsewhere: Vec<Observer> = {
            let here: Vec<&str> = self
                .groups
                .iter()
                .filter(|group| group.observers.find(&scan).is_some())
                .map(|group| &*group.name)
                .list();
            let all = self.remote.observers(&scan).into_iter();
            all.filter(|one| one.group.as_deref().is_none_or(|name| !here.contains(&name))).list()
        };
        let deadline = envelope.deadline(self.settings.budget);
        let (envelope, scan, bytes) = (&envelope, &scan, &bytes);
        let copy = |Observer { group, target }: Observer| -> BoxFuture<'_, Result<usize>> {
            Box::pin(async move {
                let mut head = envelope.head(0, deadline.saturating_duration_since(clock::now()));
                head.published = true;
                head.groups = group.as_deref().map(Arc::from).into_iter().list();
                // Who observes for the group now; each route's address has its copy from that address alone.
                let find = || {
                    let mut now = self.remote.observers(scan).into_iter();
                    let now = group.as_ref().and_then(|_| now.find(|one| one.group == group));
                    Some(now.map_or_else(|| Arc::clone(&target), |one| one.target))
                };
                self.remote.send(bytes, &head, deadline, Arc::clone(&target), &find).await.map(|()| 1)
            })
        };
        // A peer that is away or slow keeps the copies of others from nobody.
        let mut copies = elsewhere.into_iter().map(copy).list();
        copies.push(Box::pin(async {
            let here = self.publish_bytes(origin, Arc::clone(bytes), None, &[]).await;
            here.map(|published| published.groups)
        }));
        let (mut groups, mut refused) = (0, None);
        for copied in together(copies).await {
            match copied {
                Ok(copied) => groups += copied,
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            None => Ok(Published { groups }),
            Some(error) if groups == 0 => Err(error),
            Some(error) => Err(partly(groups, groups + 1, error)),
        }
    }
}

/// What an address says at `pin` or at `observe`.
pub(crate) fn pins_of(url: &Url, option: &str) -> Result<Vec<Pattern>> {
    let mut pins = Vec::new();
    for text in url.options(option) {
        pins.push(text.parse().map_err(|cause| {
            Error::usage(format!("the pin `{text}` of an address is no pattern: {cause}"))
        })?);
    }
    Ok(pins)
}

/// Asks a peer what it answers. What was learnt before stays until something else is learnt: a process that is down for
/// a moment is not gone. Whether it was said, or that it will not be: then there is no haste to ask again.
async fn learn(core: &Core, peer: &Arc<Peer>) -> bool {
    let late = || {
        Error::new(ErrorKind::Deadline, Outcome::NotDone, format!("it did not answer within {PATIENCE:?}"))
    };
    let said = clock::within(PATIENCE, peer.link.catalogue()).await.unwrap_or_else(|| Err(late()));
    let (why, lasts) = match said {
        Ok(Some(json)) => match serde_json::from_slice::<Catalogue>(&json) {
            Ok(catalogue) => {
                peer.answered(clock::now());
                if core.remote.learn(peer, Some(catalogue)) {
                    core.mark_rivals();
                }
                return true;
            }
            Err(cause) => (format!("its catalogue cannot be read: {cause}"), true),
        },
        Ok(None) => ("it has no catalogue; say what it answers with `?pin=…` in its address".into(), true),
        Err(error) => (error.text().to_owned(), !may_pass(&error)),
    };
    let known = core.remote.knows(peer);
    if known || lasts || peer.silence().is_none() {
        // Of somebody who is not there yet once, and not ten times a second.
        tracing::debug!(peer = %peer.url, "it did not say what it answers: {why}");
    }
    if !known && peer.was_silent(&why, lasts) {
        core.remote.look_again();
    }
    lasts
}

/// Whether a process that could not be asked may just be starting.
fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unreachable
            | ErrorKind::Lost
            | ErrorKind::Deadline
            | ErrorKind::Draining
            | ErrorKind::Overloaded
    )
}

async fn keep_learning(core: Weak<Core>, peer: Arc<Peer>) {
    let (mut pause, mut came) = (FIRST, 0);
    loop {
        let begin = clock::now();
        let wanted = match core.upgrade() {
            Some(core) => core.remote.wanted(),
            None => return,
        };
        tokio::select! {
            biased;
            () = clock::sleep(pause) => {}
            () = wanted => clock::sleep_until(begin + pause.min(REFRESH)).await,
        }
        let Some(core) = core.upgrade() else { return };
        if core.lifecycle.is_draining() {
            return;
        }
        let said = learn(&core, &peer).await;
        let so_far = core.messages();
        pause = match core.remote.knows(&peer) || peer.silence_lasts() {
            false => FIRST,
            true if said && so_far == came => SELDOM,
            true => REFRESH,
        };
        came = so_far;
    }
}
