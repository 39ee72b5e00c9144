use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::bus::Builder;
use matchbus::message::json::Limits;
use matchbus::registry::Info;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport, Url};
use matchbus::{Bus, CallError, ErrorReply};

use crate::subject::Over;
use crate::{Seen, Subject, services};

/// The processes of one behaviour.
#[derive(Debug)]
pub struct World {
    subject: Subject,
    names: AtomicUsize,
}

/// A process that answers.
#[derive(Debug)]
pub struct Far {
    /// Its bus.
    pub bus: Bus,
    /// What its handlers did.
    pub seen: Arc<Seen>,
    /// Where it listens; none where near and far are one.
    pub listener: Option<Listener>,
}

impl World {
    pub(crate) fn new(subject: Subject) -> Self {
        World { subject, names: AtomicUsize::new(0) }
    }

    /// A process that answers everything.
    pub async fn far(&self) -> Far {
        self.far_with(&Exposed::All, None, |builder| builder).await
    }

    /// A process that is built so, lets in so much, and listens there.
    pub async fn far_with(
        &self,
        exposed: &Exposed,
        at: Option<&Url>,
        build: impl FnOnce(Builder) -> Builder,
    ) -> Far {
        let seen = Arc::new(Seen::new(format!("far-{}", self.names.fetch_add(1, Ordering::Relaxed))));
        let builder = self.builder().services(services::far()).shared_state(Arc::clone(&seen));
        // Without a transport there is nothing between near and far.
        let builder = match &self.subject.over {
            Some(_) => builder,
            None => builder.services(services::near()),
        };
        let bus = build(builder).start().unwrap_or_else(|error| panic!("a far bus does not start: {error}"));
        let mut far = Far { bus, seen, listener: None };
        if let Some(over) = &self.subject.over {
            let url = at.cloned().unwrap_or_else(|| over.next_url());
            far.listener = Some(listen(&far.bus, &url, exposed, at.is_some()).await);
        }
        far
    }

    /// A process for each of these lists of handlers, all of which know each other; one with all of them where there is no
    /// transport.
    pub async fn spread(&self, lists: &[&'static [&'static [Info]]]) -> Vec<Far> {
        if self.subject.over.is_none() {
            let all = |builder: Builder| lists.iter().fold(builder, |builder, list| builder.services(list));
            return vec![self.far_with(&Exposed::All, None, |builder| all(builder).in_part()).await];
        }
        let mut fars = Vec::new();
        for list in lists {
            let build = |builder: Builder| builder.services(list).in_part();
            fars.push(self.far_with(&Exposed::All, None, build).await);
        }
        for (n, far) in fars.iter().enumerate() {
            for (_, other) in fars.iter().enumerate().filter(|(other, _)| *other != n) {
                far.knows(other).await;
            }
        }
        fars
    }

    /// A process that calls, and knows these.
    pub async fn near(&self, fars: &[&Far]) -> Bus {
        if self.subject.over.is_none() {
            return fars[0].bus.clone();
        }
        self.near_to(fars.iter().map(|far| far.url())).await
    }

    /// A process that calls, and knows those at these addresses, whether they are there or not.
    pub async fn near_to(&self, urls: impl Iterator<Item = Url>) -> Bus {
        // What is too much is to be refused at the far side.
        let limits = Limits::default().bytes(64 * 1024 * 1024).depth(Limits::DEEPEST).keys(1_000_000);
        let builder = self.builder().services(services::near()).in_part().limits(limits);
        let bus = builder.start().unwrap_or_else(|error| panic!("the near bus does not start: {error}"));
        for url in urls {
            bus.connect(&url).await.unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"));
        }
        bus
    }

    /// A bare link, without what a bus does around it.
    pub fn link(&self, url: &Url) -> Arc<dyn Link> {
        let link = self.over().transport.connect(url);
        link.unwrap_or_else(|error| panic!("there is no link to {url}: {error}"))
    }

    /// A way that takes any number of messages at once and knows no attempts: a bus gives one up after four times what the
    /// last answers took (rule R5), which on a busy machine is a matter of luck.
    pub fn plain_way(&self, far: &Far) -> Way {
        match &far.listener {
            Some(listener) => Way::Link(self.link(listener.url())),
            None => Way::Bus(far.bus.clone()),
        }
    }

    fn over(&self) -> &Over {
        self.subject.over.as_ref().expect("this behaviour is only for what promises `processes`")
    }

    fn builder(&self) -> Builder {
        match &self.subject.over {
            Some(over) => Bus::builder().transport(over.transport.clone()),
            None => Bus::builder(),
        }
    }
}

/// See [`World::plain_way`].
#[derive(Clone, Debug)]
pub enum Way {
    /// Over the transport.
    Link(Arc<dyn Link>),
    /// In the process.
    Bus(Bus),
}

impl Way {
    /// Brings a message, with nothing beside it.
    pub async fn call(&self, message: &[u8]) -> Result<Vec<u8>, CallError<ErrorReply>> {
        match self {
            Way::Link(link) => link.call(message, &Head::default()).await,
            Way::Bus(bus) => bus.act_bytes(message).await,
        }
    }
}

impl Far {
    /// Where it listens.
    pub fn url(&self) -> Url {
        self.listener.as_ref().expect("this process listens").url().clone()
    }

    /// Gets to know another process.
    pub async fn knows(&self, other: &Far) {
        let url = other.url();
        self.bus.connect(&url).await.unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"));
    }

    /// It dies: its listener and connections are gone at once. What is left is what its handlers did.
    pub fn kill(mut self) -> Arc<Seen> {
        drop(self.listener.take());
        Arc::clone(&self.seen)
    }
}

/// Listens; where somebody listened just now, as soon as that one is gone.
async fn listen(bus: &Bus, url: &Url, exposed: &Exposed, again: bool) -> Listener {
    loop {
        match bus.listen(url, exposed).await {
            Ok(listener) => return listener,
            Err(_) if again => tokio::task::yield_now().await,
            Err(error) => panic!("cannot listen at {url}: {error}"),
        }
    }
}
