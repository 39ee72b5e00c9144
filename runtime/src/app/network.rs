use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::ValueExt;

use crate::bus::{Builder, Bus, Route};
use crate::message::Result;
use crate::pattern::Pattern;
use crate::transport::{Exposed, Listener, Url};

/// The environment's words for `--bus`, `--listen` and `--routes`, where the command line has none.
const BUS: &str = "MATCHBUS_URL";
const LISTEN: &str = "MATCHBUS_LISTEN";
const ROUTES: &str = "MATCHBUS_ROUTES";

/// The flags for TLS and the environment's words for them, in the order of `Tls::of_files`.
const TLS: [(&str, &str); 4] = [
    ("tls-cert", "MATCHBUS_TLS_CERT"),
    ("tls-key", "MATCHBUS_TLS_KEY"),
    ("tls-ca", "MATCHBUS_TLS_CA"),
    ("tls-client-ca", "MATCHBUS_TLS_CLIENT_CA"),
];

/// Which other processes there are, and where this one listens.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) bus: Vec<Url>,
    pub(super) listen: Vec<Url>,
    pub(super) expose: Vec<Pattern>,
    routes: Vec<Route>,
    route_files: Vec<PathBuf>,
    tls: [Option<PathBuf>; 4],
}

impl Network {
    /// Takes the flag `--name value` of a command that calls others; `false` if it is none.
    pub(super) fn flag(
        &mut self,
        name: &str,
        value: impl FnOnce() -> Result<OsString, lexopt::Error>,
    ) -> Result<bool, lexopt::Error> {
        match name {
            "bus" => self.bus.push(url(&value()?.string()?)?),
            "route" => self.routes.push(route(&value()?.string()?, false)?),
            "reroute" => self.routes.push(route(&value()?.string()?, false)?.skip_local()),
            "observe" => self.routes.push(route(&value()?.string()?, true)?),
            "routes" => self.route_files.push(value()?.into()),
            name => match TLS.iter().position(|(flag, _)| *flag == name) {
                Some(which) => self.tls[which] = Some(value()?.into()),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// As [`flag`](Network::flag), for a command that answers others too.
    pub(super) fn flag_of_run(
        &mut self,
        name: &str,
        value: impl FnOnce() -> Result<OsString, lexopt::Error>,
    ) -> Result<bool, lexopt::Error> {
        match name {
            "listen" => self.listen.push(url(&value()?.string()?)?),
            "expose" => self.expose.push(value()?.parse()?),
            name => return self.flag(name, value),
        }
        Ok(true)
    }

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
        if self.routes.is_empty() && self.route_files.is_empty() {
            self.route_files.extend(std::env::var_os(ROUTES).map(PathBuf::from));
        }
        Ok(self)
    }

    /// Whether there is any other process.
    pub(super) fn is_empty(&self) -> bool {
        self.bus.is_empty() && self.listen.is_empty() && self.routes.is_empty() && self.route_files.is_empty()
    }

    /// What is to be known before the start: routes, files for TLS, and that the program is not all.
    pub(super) fn prepare(&self, builder: Builder) -> Result<Builder> {
        let mut builder = self.prepare_tls(builder)?.routes(self.routes.iter().cloned());
        for path in &self.route_files {
            builder = builder.routes(read_table(path)?);
        }
        Ok(if self.is_empty() { builder } else { builder.in_part() })
    }

    #[cfg(all(feature = "tls", any(feature = "http", feature = "tcp")))]
    #[allow(clippy::unnecessary_wraps)] // Without the feature it can fail.
    fn prepare_tls(&self, builder: Builder) -> Result<Builder> {
        let said = crate::transport::Tls::of_files(self.tls.clone());
        let environment = TLS.map(|(_, name)| std::env::var_os(name).map(PathBuf::from));
        Ok(builder.tls_over(said.or(&crate::transport::Tls::of_files(environment))))
    }

    #[cfg(not(all(feature = "tls", any(feature = "http", feature = "tcp"))))]
    fn prepare_tls(&self, builder: Builder) -> Result<Builder> {
        match TLS.iter().zip(&self.tls).find(|(_, file)| file.is_some()) {
            None => Ok(builder),
            Some(((flag, _), _)) => Err(usage(format!(
                "--{flag} needs the feature `tls` of the crate matchbus, beside `http` or `tcp`, in Cargo.toml"
            ))),
        }
    }

    /// Gets to know the others, listens, and asks the others what they answer: in this order, so that no message comes
    /// before this process knows whom there is to ask, and processes that know each other can start in any order. It is
    /// ready when all have answered, or else have had their time.
    pub(super) async fn join(&self, bus: &Bus) -> Result<Vec<Listener>> {
        let peers = self.bus.iter().map(|url| bus.core().know(url)).collect::<Result<Vec<_>>>()?;
        let exposed = if self.expose.is_empty() { Exposed::All } else { Exposed::Pins(self.expose.clone()) };
        bus.core().lifecycle.set_joining(true);
        let mut listeners = Vec::new();
        for url in &self.listen {
            let listener = bus.listen(url, &exposed).await?;
            eprintln!("listening at {}", listener.url());
            listeners.push(listener);
        }
        bus.core().first_learn_all(peers.into_iter().flatten()).await;
        bus.core().lifecycle.set_joining(false);
        Ok(listeners)
    }
}

/// The parser's own error would show the whole text, and with it the token that an address may hold.
fn url(text: &str) -> Result<Url, lexopt::Error> {
    text.parse::<Url>().map_err(|cause| cause.text().to_owned().into())
}

fn route(text: &str, observe: bool) -> Result<Route, lexopt::Error> {
    Route::parse(text, observe).map_err(|cause| cause.text().to_owned().into())
}

#[cfg(feature = "routes")]
fn read_table(path: &std::path::Path) -> Result<Vec<Route>> {
    Route::read_file(path)
}

#[cfg(not(feature = "routes"))]
fn read_table(path: &std::path::Path) -> Result<Vec<Route>> {
    let path = path.display();
    Err(usage(format!(
        "to read `{path}` the feature `routes` of the crate matchbus is needed, in Cargo.toml; or use --route"
    )))
}

#[cfg(not(all(feature = "tls", feature = "routes", any(feature = "http", feature = "tcp"))))]
fn usage(text: String) -> crate::message::Error {
    use crate::message::{Error, ErrorKind, Outcome};
    Error::new(ErrorKind::Usage, Outcome::NotDone, text)
}
