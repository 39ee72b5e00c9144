//! The route table: which messages go to which addresses, whatever the catalogues say.

mod text;
#[cfg(feature = "routes")]
mod toml_file;

use std::fmt;

use crate::list::List;
use crate::pattern::Pattern;
use crate::transport::Url;

/// A line of the route table: messages with the keys of a pin go to these addresses.
///
/// Without routes a message goes to whoever answers it, as the peers' catalogues say. That is the default and needs no
/// table. A table is for peers that have no catalogue, such as a Seneca, and for deciding who is asked.
///
/// * A **consume** route decides: a message that it matches, and that no handler here answers, is called or sent at *one*
///   of its addresses and nowhere else, whatever other peers answer. Of several routes the one that wins is found as
///   handlers are (most keys, then more exact values; rule M3). Its addresses are asked for their
///   catalogues: these say which of them answer, and what may be repeated there after an unknown outcome. An address
///   without one, such as a Seneca's, may answer all of the route, and nothing is repeated there. What else an address
///   has comes to it only if it is a peer as well ([`Bus::connect`](crate::Bus::connect), `--bus`).
/// * An **observe** route adds: each of its addresses gets a copy of a *published* message, for all observers there,
///   beside the groups that are here and those that the catalogues name. It answers no calls. A group of the catalogues
///   gets no second copy where one of the route's addresses has it.
/// * **Handlers here** win over a route, unless it says [`skip_local`](Route::skip_local). Messages that come from other
///   processes are never sent on.
///
/// Routes of one pin and kind are one route with the addresses of all. The pin may have globs, and the empty one matches
/// every message.
///
/// ```
/// use matchbus::bus::Route;
/// use matchbus::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "tcp")] {
/// let bus = Bus::builder()
///     .route(Route::consume("role:price".parse()?, ["tcp://10.0.0.4:4101".parse()?, "tcp://10.0.0.5:4101".parse()?]))
///     .route(Route::observe("event:*".parse()?, ["tcp://10.0.0.9:4900".parse()?]))
///     .start()?;
/// # } Ok(()) }
/// ```
///
/// On the command line: `--route PIN=URL,URL`, `--reroute` (which skips handlers here), `--observe`, and `--routes FILE`
/// for a file as [`read_file`](Route::read_file) reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub(super) pin: Pattern,
    pub(super) to: Vec<Url>,
    pub(super) observe: bool,
    pub(super) skip_local: bool,
}

impl Route {
    /// Messages with these keys go to one of the addresses.
    pub fn consume(pin: Pattern, to: impl IntoIterator<Item = Url>) -> Self {
        Route { pin, to: to.into_iter().list(), observe: false, skip_local: false }
    }

    /// Each of the addresses gets a copy of published messages with these keys.
    pub fn observe(pin: Pattern, to: impl IntoIterator<Item = Url>) -> Self {
        Route { pin, to: to.into_iter().list(), observe: true, skip_local: false }
    }

    /// Takes messages of a consume route past the handlers here too. Nothing falls back to them: if no address can be
    /// reached, the call is *not done*.
    #[must_use]
    pub fn skip_local(mut self) -> Self {
        self.skip_local = true;
        self
    }

    /// Reads a table from a TOML file.
    ///
    /// ```toml
    /// [[route]]
    /// pin = "role:price"
    /// to = ["tcp://10.0.0.4:4101", "tcp://10.0.0.5:4101"]
    ///
    /// [[route]]
    /// pin = "event:*"
    /// mode = "observe"        # or "consume", which is the default
    /// to = "tcp://10.0.0.9:4900"
    ///
    /// [[route]]
    /// pin = "role:cart,tier:gold"
    /// local = false           # past the handlers of this process; true is the default
    /// to = "https://carts.example:8443?token_env=CART_TOKEN"
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no such table; the text names file, line, key and the cure, and shows nothing of an
    /// address, which may hold a token.
    #[cfg(feature = "routes")]
    pub fn read_file(path: impl AsRef<std::path::Path>) -> crate::message::Result<Vec<Self>> {
        toml_file::read(path.as_ref())
    }

    /// Where it leads.
    pub(crate) fn addresses(&self) -> &[Url] {
        &self.to
    }

    /// What makes no sense about it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.to.is_empty() {
            return Err("it has no address; name at least one, such as tcp://host:port".into());
        }
        if self.observe && self.skip_local {
            return Err(
                "an observe route adds copies and takes nothing from the handlers here; leave that out"
                    .into(),
            );
        }
        for option in ["pin", "observe"] {
            if let Some(url) = self.to.iter().find(|url| url.option(option).is_some()) {
                return Err(format!(
                    "the address `{url}` has a `{option}` of its own; leave it out, the route has one"
                ));
            }
        }
        Ok(())
    }
}

/// Without anything that an address may hide.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.observe { "observe" } else { "route" };
        write!(f, "the {kind} `{}=", self.pin)?;
        for (n, url) in self.to.iter().enumerate() {
            write!(f, "{}{url}", if n > 0 { "," } else { "" })?;
        }
        f.write_str("`")
    }
}
