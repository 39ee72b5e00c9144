use std::path::PathBuf;

use lexopt::{Parser, ValueExt};

use super::log::say;
use crate::bus::{Builder, Bus, Route};
use crate::message::{Error, Result};
use crate::pattern::Pattern;
use crate::transport::{Exposed, Listener, Url, is_secure};

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
    pub(super) fn flag(&mut self, name: &str, parser: &mut Parser) -> Result<bool, lexopt::Error> {
        match name {
            "bus" => self.bus.push(url(&parser.value()?.string()?)?),
            "route" => self.routes.push(route(&parser.value()?.string()?, false)?),
            "reroute" => self.routes.push(route(&parser.value()?.string()?, false)?.skip_local()),
            "observe" => self.routes.push(route(&parser.value()?.string()?, true)?),
            "routes" => self.route_files.push(parser.value()?.into()),
            name => match TLS.iter().position(|(flag, _)| *flag == name) {
                Some(which) => self.tls[which] = Some(parser.value()?.into()),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// As [`flag`](Network::flag), for a command that answers others too.
    pub(super) fn flag_of_run(&mut self, name: &str, parser: &mut Parser) -> Result<bool, lexopt::Error> {
        match name {
            "listen" => self.listen.push(url(&parser.value()?.string()?)?),
            "expose" => self.expose.push(parser.value()?.parse()?),
            name => return self.flag(name, parser),
        }
        Ok(true)
    }

    /// Adds what the environment says, where the command line says nothing: for a command that answers others.
    pub(super) fn or_environment(mut self) -> Result<Self> {
        from_environment(&mut self.listen, LISTEN)?;
        self.or_environment_of_caller()
    }

    /// As [`or_environment`](Network::or_environment), for a command that only calls.
    pub(super) fn or_environment_of_caller(mut self) -> Result<Self> {
        from_environment(&mut self.bus, BUS)?;
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
        let mut routed = self.routes.iter().any(is_encrypted);
        for path in &self.route_files {
            let routes = read_table(path)?;
            routed |= routes.iter().any(is_encrypted);
            builder = builder.routes(routes);
        }
        self.check(routed)?;
        Ok(if self.is_empty() { builder } else { builder.in_part() })
    }

    /// Refuses flags that would do nothing: whoever asks for protection must not run without it. `routed`: some route is
    /// encrypted.
    fn check(&self, routed: bool) -> Result<()> {
        if !self.expose.is_empty() && self.listen.is_empty() {
            return Err(Error::usage(
                "--expose says what a listener lets in, and there is none; add --listen URL",
            ));
        }
        let said =
            |flag: &str| TLS.iter().zip(&self.tls).any(|((name, _), file)| *name == flag && file.is_some());
        for (one, other) in [("tls-cert", "tls-key"), ("tls-key", "tls-cert")] {
            if said(one) && !said(other) {
                return Err(Error::usage(format!(
                    "--{one} without --{other}; a certificate and its key go together"
                )));
            }
        }
        let listens = self.listen.iter().any(is_secure);
        let calls = routed || self.bus.iter().any(is_secure);
        for (flag, used, cure) in [
            ("tls-client-ca", listens, "an address at --listen"),
            ("tls-ca", calls, "an address at --bus or --route"),
            ("tls-cert", listens || calls, "an address"),
        ] {
            if said(flag) && !used {
                return Err(Error::usage(format!(
                    "--{flag} would do nothing: it needs {cure} with https:// or tcps://, and there is none"
                )));
            }
        }
        Ok(())
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
            Some(((flag, _), _)) => Err(Error::usage(format!(
                "--{flag} needs the feature `tls` of the crate matchbus, beside `http` or `tcp`, in Cargo.toml"
            ))),
        }
    }

    /// Gets to know the others, listens, and asks the others what they answer: in this order, so that no message comes
    /// before this process knows whom there is to ask, and processes that know each other can start in any order. It is
    /// ready when all have answered, or else have had their time.
    pub(super) async fn join(&self, bus: &Bus) -> Result<Vec<Listener>> {
        for url in &self.bus {
            bus.core().know(url)?;
        }
        let exposed = if self.expose.is_empty() { Exposed::All } else { Exposed::Pins(self.expose.clone()) };
        bus.core().lifecycle.set_joining(true);
        let mut listeners = Vec::new();
        for url in &self.listen {
            let listener = bus.listen(url, &exposed).await?;
            say(&format!("listening at {}", listener.url()));
            listeners.push(listener);
        }
        bus.core().first_learn_all().await;
        bus.core().lifecycle.set_joining(false);
        for (url, why) in bus.core().silent() {
            say(&format!("{url} did not say what it answers, and is asked again: {why}"));
        }
        Ok(listeners)
    }
}

/// Adds the addresses in a variable, unless there are some.
fn from_environment(urls: &mut Vec<Url>, name: &str) -> Result<()> {
    let Ok(text) = std::env::var(name) else { return Ok(()) };
    if urls.is_empty() {
        for url in text.split([',', ' ']).filter(|url| !url.is_empty()) {
            let url = url.parse::<Url>();
            urls.push(url.map_err(|cause| Error::usage(format!("the variable {name}: {}", cause.text())))?);
        }
    }
    Ok(())
}

fn is_encrypted(route: &Route) -> bool {
    route.addresses().iter().any(is_secure)
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
    Err(Error::usage(format!(
        "to read `{path}` the feature `routes` of the crate matchbus is needed, in Cargo.toml; or use --route"
    )))
}

#[cfg(all(test, feature = "http"))]
mod tests;
