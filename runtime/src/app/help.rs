//! What `--help` says, of the program and of each command.

use super::MainOptions;

struct About {
    name: &'static str,
    does: &'static str,
    usage: &'static str,
    /// A line each.
    options: &'static str,
    /// Whether it may meet other processes, and so asks the environment for them.
    meets: bool,
}

const COMMANDS: [About; 6] = [
    About {
        name: "run",
        does: "Answer messages until SIGTERM or ctrl-c, then end what is running",
        usage: "[OPTIONS]",
        options: "\
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
",
        meets: true,
    },
    About {
        name: "list",
        does: "Show the handlers of this program",
        usage: "[--json]",
        options: "--json            as a catalogue with schemas, for programs and `check --against`\n",
        meets: false,
    },
    About {
        name: "call",
        does: "Call with one message: call '{\"role\":\"cart\",…}', or call - to read it from stdin",
        usage: "MESSAGE|- [OPTIONS]",
        options: "\
--publish         give it to every group of observers instead, and tell to how many
--explain         tell which handlers match and why one wins
--timeout TIME    as 500ms or 2s
--context KEY=VALUE  user context that goes with the message
--bus URL         call the process there, and mount nothing here; also --route, --observe, --routes, --tls-…
",
        meets: true,
    },
    About {
        name: "pipe",
        does: "Read messages from stdin, one a line; write replies to stdout in the same order",
        usage: "[OPTIONS]",
        options: "\
--at-once N       how many are on their way at once (64; at most 65536)
--bus URL         call the process there, and mount nothing here; also --route, --routes, --tls-…
",
        meets: true,
    },
    About {
        name: "graph",
        does: "Show who sends what to whom",
        usage: "[--format FORMAT]",
        options: "--format FORMAT   mermaid (default) or dot\n",
        meets: false,
    },
    About {
        name: "check",
        does: "Check the handlers as the start of the bus would",
        usage: "[--against FILE]",
        options: "--against FILE    and compare with a saved catalogue: what would break older callers?\n",
        meets: false,
    },
];

const MEETING: &str = "\
Each of --only, --with, --listen, --expose, --bus, --route, --reroute, --observe and --routes may be given several
times. Without --bus the variable MATCHBUS_URL is asked, without --listen MATCHBUS_LISTEN (both lists with commas), without
routes MATCHBUS_ROUTES (a file), and for files of TLS MATCHBUS_TLS_CERT, …_KEY, …_CA and …_CLIENT_CA.
";

const LOG: &str = "\
A program that sets no subscriber of tracing has its warnings and errors on stderr; MATCHBUS_LOG=off, error, warn or info
says how much.
";

const EXIT: &str = "Exit code: 0 well, 1 a message or a check failed, 2 the command line is wrong.\n";

/// Everything.
pub(super) fn all(about: &MainOptions) -> String {
    let MainOptions { package: name, version, .. } = about;
    let mut text =
        format!("{name} {version}, a program of matchbus services\n\nUsage: {name} [COMMAND]\n\nCommands:\n");
    for command in &COMMANDS {
        text += &format!("  {:9} {}\n{}", command.name, command.does, indented(command.options, 14));
    }
    text += &format!("\n{name} COMMAND --help tells of one command.\n{MEETING}{LOG}");
    text + "Without a command: what the program's main says, or run.\n" + EXIT
}

/// One command; `None` if there is none of this name.
pub(super) fn of(about: &MainOptions, command: &str) -> Option<String> {
    let command = COMMANDS.iter().find(|known| known.name == command)?;
    let mut text = format!(
        "Usage: {} {} {}\n\n{}.\n\n{}",
        about.package,
        command.name,
        command.usage,
        command.does,
        indented(command.options, 2)
    );
    text += &format!("\n{}{EXIT}", if command.meets { [MEETING, LOG].concat() } else { String::new() });
    Some(text)
}

fn indented(lines: &str, by: usize) -> String {
    lines.lines().fold(String::new(), |text, line| text + &" ".repeat(by) + line + "\n")
}
