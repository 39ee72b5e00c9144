use lexopt::prelude::*;

/// What the command line of a benchmark asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Few rounds.
    pub quick: bool,
    /// JSON in place of a table.
    pub json: bool,
    /// Peers to leave out.
    pub without: Vec<String>,
}

impl Options {
    /// Reads the command line; ends the program with a message when it is wrong.
    pub fn from_command_line() -> Self {
        Options::read().unwrap_or_else(|error| {
            eprintln!("{error}\nusage: [--quick] [--json] [--without PEER]...");
            std::process::exit(2);
        })
    }

    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Options::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("quick") => options.quick = true,
                Long("json") => options.json = true,
                Long("without") => options.without.push(parser.value()?.string()?),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(options)
    }

    /// Whether a peer takes part.
    pub fn with(&self, peer: &str) -> bool {
        !self.without.iter().any(|name| name == peer)
    }
}
