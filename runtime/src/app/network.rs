use crate::bus::{Builder, Bus};
use crate::message::Result;
use crate::pattern::Pattern;
use crate::transport::{Exposed, Listener, Url};

/// The environment's words for `--bus` and `--listen`, where the command line has none.
const BUS: &str = "MATCHBUS_URL";
const LISTEN: &str = "MATCHBUS_LISTEN";

/// Which other processes there are, and where this one listens.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) bus: Vec<Url>,
    pub(super) listen: Vec<Url>,
    pub(super) expose: Vec<Pattern>,
}

impl Network {
    /// Adds what the environment says, where the command line says nothing.
    pub(super) fn or_environment(mut self) -> Result<Self> {
        for (urls, name) in [(&mut self.bus, BUS), (&mut self.listen, LISTEN)] {
            if urls.is_empty()
                && let Ok(text) = std::env::var(name)
            {
                for url in text.split([',', ' ']).filter(|url| !url.is_empty()) {
                    urls.push(url.parse()?);
                }
            }
        }
        Ok(self)
    }

    /// Whether there is any other process.
    pub(super) fn is_empty(&self) -> bool {
        self.bus.is_empty() && self.listen.is_empty()
    }

    /// A bus of a program that is not all.
    pub(super) fn prepare(&self, builder: Builder) -> Builder {
        if self.is_empty() { builder } else { builder.in_part() }
    }

    /// Gets to know the others, listens, and asks the others what they answer: in this order, so that no message comes
    /// before this process knows whom there is to ask, and processes that know each other can start in any order.
    pub(super) async fn join(&self, bus: &Bus) -> Result<Vec<Listener>> {
        let peers = self.bus.iter().map(|url| bus.core().know(url)).collect::<Result<Vec<_>>>()?;
        let exposed = if self.expose.is_empty() { Exposed::All } else { Exposed::Pins(self.expose.clone()) };
        let mut listeners = Vec::new();
        for url in &self.listen {
            let listener = bus.listen(url, &exposed).await?;
            eprintln!("listening at {}", listener.url());
            listeners.push(listener);
        }
        for peer in peers.into_iter().flatten() {
            bus.core().first_learn(&peer).await;
        }
        Ok(listeners)
    }
}
