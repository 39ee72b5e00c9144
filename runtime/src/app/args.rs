use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

use super::MainOptions;
use super::call::Call;
use super::graph::Format;
use super::network::Network;
use super::run::Mounting;
use crate::pattern;

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Command {
    /// Nothing was said.
    Default,
    Run(Mounting),
    List {
        json: bool,
    },
    Call(Call),
    Pipe {
        at_once: usize,
        network: Network,
    },
    Graph(Format),
    Check {
        against: Option<PathBuf>,
    },
}

pub(super) enum Parsed {
    Command(Box<Command>),
    /// Help or version: say it and end well.
    Say(String),
}

/// Reads the command line of this process.
pub(super) fn parse(about: &MainOptions) -> Result<Parsed, lexopt::Error> {
    parse_from(about, std::env::args_os())
}

fn parse_from(
    about: &MainOptions,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Parsed, lexopt::Error> {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut parser = Parser::from_iter(args);
    let Some(first) = parser.next()? else {
        return Ok(Parsed::Command(Box::new(Command::Default)));
    };
    let command = match first {
        Long("help") | Short('h') => return Ok(Parsed::Say(help(about))),
        Long("version") | Short('V') => {
            return Ok(Parsed::Say(format!("{} {}\n", about.package, about.version)));
        }
        Value(command) => command.string()?,
        other => return Err(other.unexpected()),
    };
    match command.as_str() {
        "run" => run(parser),
        "list" => list(parser),
        "call" => call(parser),
        "pipe" => pipe(parser),
        "graph" => graph(parser),
        "check" => check(parser),
        "help" => return Ok(Parsed::Say(help(about))),
        other => {
            Err(format!("there is no command `{other}`: use run, list, call, pipe, graph or check").into())
        }
    }
    .map(|command| Parsed::Command(Box::new(command)))
}

fn help(about: &MainOptions) -> String {
    format!(
        "{name} {version}, a program of matchbus services

Usage: {name} [COMMAND]

Commands:
  run       Answer messages until SIGTERM or ctrl-c, then end what is running
              --only A,B        mount only these services
              --with KEY=VALUE  add a key to every pattern that is mounted
              --listen URL      answer other processes there, as tcp://0.0.0.0:4000 or http://0.0.0.0:8080
              --expose PIN      let them reach only patterns with these keys, as role:cart
              --bus URL         another process that may answer what this one does not
              --route PIN=URL,… send messages with these keys to one of these addresses, and nowhere else
              --reroute PIN=URL,…  the same, also what handlers here would answer
              --observe PIN=URL,…  give each of these addresses a copy of published messages with these keys
              --routes FILE     a table of routes, as TOML
              --tls-cert FILE   who this process is, for https:// and tcps://: a chain of certificates
              --tls-key FILE    its private key
              --tls-ca FILE     the authorities that the certificates of others must come from
              --tls-client-ca FILE  let in only callers with a certificate from these authorities
  list      Show the handlers of this program
              --json            as a catalogue with schemas, for programs and `check --against`
  call      Call with one message: call '{{\"role\":\"cart\",…}}', or call - to read it from stdin
              --explain         tell which handlers match and why one wins
              --timeout TIME    as 500ms or 2s
              --context KEY=VALUE  user context that goes with the message
              --bus URL         call the process there, and mount nothing here; also --route, --routes, --tls-…
  pipe      Read messages from stdin, one a line; write replies to stdout in the same order
              --at-once N       how many are on their way at once (64)
              --bus URL         call the process there, and mount nothing here; also --route, --routes, --tls-…
  graph     Show who sends what to whom
              --format FORMAT   mermaid (default) or dot
  check     Check the handlers as the start of the bus would
              --against FILE    and compare with a saved catalogue: what would break older callers?

Each of --only, --with, --listen, --expose, --bus, --route, --reroute, --observe and --routes may be given several
times. Without them the variables MATCHBUS_URL and MATCHBUS_LISTEN (lists with commas) and MATCHBUS_ROUTES (a file) are
asked, and for files of TLS MATCHBUS_TLS_CERT, …_KEY, …_CA and …_CLIENT_CA.
Without a command: what the program's main says, or run.
Exit code: 0 well, 1 a message or a check failed, 2 the command line is wrong.
",
        name = about.package,
        version = about.version
    )
}

fn run(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut mounting = Mounting::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("only") => {
                let names = parser.value()?.string()?;
                mounting.only.extend(
                    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
                );
            }
            Long("with") => mounting.with.push(key_value(&parser.value()?.string()?)?),
            Long(name) => {
                let name = name.to_owned();
                if !mounting.network.flag_of_run(&name, || parser.value())? {
                    return Err(Long(&name).unexpected());
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(mounting))
}

/// `shard=0` is the integer 0 and `shard="0"` the text, as in an attribute; bare words are text.
fn key_value(text: &str) -> Result<(String, pattern::Value), lexopt::Error> {
    let (key, value) = split(text)?;
    let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(quoted) => pattern::Value::from(quoted),
        None => match (value.parse::<i64>(), value.parse::<bool>()) {
            (Ok(n), _) => pattern::Value::from(n),
            (_, Ok(b)) => pattern::Value::from(b),
            _ => pattern::Value::from(value),
        },
    };
    Ok((key.to_owned(), value))
}

fn split(text: &str) -> Result<(&str, &str), lexopt::Error> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => Err(format!("`{text}` is not KEY=VALUE, such as shard=0").into()),
    }
}

fn list(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut json = false;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("json") => json = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::List { json })
}

fn call(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut call = Call::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("explain") => call.explain = true,
            Long("timeout") => call.timeout = Some(duration(&parser.value()?.string()?)?),
            Long("context") => {
                let text = parser.value()?.string()?;
                let (key, value) = split(&text)?;
                call.context.push((key.to_owned(), value.to_owned()));
            }
            Long(name) => {
                let name = name.to_owned();
                if !call.network.flag(&name, || parser.value())? {
                    return Err(Long(&name).unexpected());
                }
            }
            Value(message) if call.message.is_none() => call.message = Some(message.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if call.message.is_none() {
        return Err("call needs a message: call '{\"role\":\"…\"}', or call - to read it from stdin".into());
    }
    Ok(Command::Call(call))
}

/// `500ms`, `2s`, `1m`.
fn duration(text: &str) -> Result<Duration, lexopt::Error> {
    let bad = || lexopt::Error::from(format!("`{text}` is not a time such as 500ms, 2s or 1m"));
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(bad),
        _ => Err(bad()),
    }
}

fn pipe(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let (mut at_once, mut network) = (64, Network::default());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("at-once") => at_once = parser.value()?.parse()?,
            Long(name) => {
                let name = name.to_owned();
                if !network.flag(&name, || parser.value())? {
                    return Err(Long(&name).unexpected());
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    if at_once == 0 {
        return Err("--at-once must be at least 1".into());
    }
    Ok(Command::Pipe { at_once, network })
}

fn graph(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut format = Format::Mermaid;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("format") => {
                format = match parser.value()?.string()?.as_str() {
                    "mermaid" => Format::Mermaid,
                    "dot" => Format::Dot,
                    other => return Err(format!("there is no format `{other}`: use mermaid or dot").into()),
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Graph(format))
}

fn check(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut against = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("against") => against = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Check { against })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: MainOptions = MainOptions {
        package: "shop",
        version: "1.0.0",
        worker_threads: None,
        current_thread: false,
        handler_crates: &[],
    };

    fn parsed(args: &[&str]) -> String {
        let args = std::iter::once("shop").chain(args.iter().copied()).map(OsString::from);
        match parse_from(&ABOUT, args) {
            Ok(Parsed::Command(command)) => format!("{command:?}"),
            Ok(Parsed::Say(text)) => text,
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn what_the_command_line_says_is_done() {
        assert_eq!(parsed(&[]), "Default");
        assert!(parsed(&["--help"]).contains("Usage: shop"));
        assert_eq!(parsed(&["--version"]), "shop 1.0.0\n");
        assert_eq!(parsed(&["list", "--json"]), "List { json: true }");
        let run = parsed(&["run", "--only", "cart,price", "--with", "shard=0", "--with", "zone=eu"]);
        assert!(
            run.contains("\"cart\", \"price\"") && run.contains("Int(0)") && run.contains("\"eu\""),
            "{run}"
        );
        assert!(parsed(&["call", "--explain", "{}"]).contains("explain: true"));
        assert!(parsed(&["pipe", "--at-once", "8"]).starts_with("Pipe { at_once: 8"));
        let run = parsed(&["run", "--listen", "tcp://127.0.0.1:0", "--bus", "http://a", "--bus", "http://b"]);
        assert!(run.contains("tcp://127.0.0.1:0") && run.contains("Url(http://a), Url(http://b)"), "{run}");
        assert_eq!(parsed(&["graph", "--format", "dot"]), "Graph(Dot)");
        let call = parsed(&["call", "{}", "--reroute", "role:cart=tcp://a", "--tls-ca", "ca.pem"]);
        assert!(call.contains("skip_local: true") && call.contains("\"ca.pem\""), "{call}");
    }

    #[test]
    fn what_it_cannot_mean_is_told_with_the_cure() {
        for (args, text) in [
            (&["serve"][..], "there is no command `serve`: use run, list"),
            (&["call"], "call needs a message"),
            (&["call", "{}", "--timeout", "soon"], "`soon` is not a time such as"),
            (&["run", "--with", "shard"], "`shard` is not KEY=VALUE"),
            (&["pipe", "--at-once", "0"], "at least 1"),
            (&["graph", "--format", "svg"], "use mermaid or dot"),
            (&["run", "--bus", "http://s3cret@a:x"], "the port is no number"),
            (&["run", "--listen", "http://s3cret@[a"], "a `[` is not closed"),
            (&["call", "{}", "--bus", "http://s3cret@a?b=%"], "not followed by two hex digits"),
            (&["run", "--route", "role:cart=http://s3cret@a:x"], "the route of `role:cart`: "),
            (&["run", "--observe", "http://s3cret@a"], "has no address; write it as PIN=URL"),
            (&["call", "{}", "--listen", "tcp://a"], "--listen"),
            (&["list", "--yaml"], "invalid option '--yaml'"),
        ] {
            let said = parsed(args);
            assert!(said.starts_with("error: ") && said.contains(text), "{args:?}: {said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
