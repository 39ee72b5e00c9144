use std::io::IsTerminal;

/// Colours, where somebody sees them.
#[derive(Clone, Copy, Debug)]
pub struct Ink(bool);

impl Ink {
    /// Plain text.
    pub const PLAIN: Ink = Ink(false);

    /// Colours if stdout is a terminal and nobody said `NO_COLOR` (<https://no-color.org>).
    pub fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Ink(std::io::stdout().is_terminal() && !refused)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn message(self, text: &str) -> String {
        self.paint("36", text)
    }

    pub(super) fn reply(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn error(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(super) fn event(self, text: &str) -> String {
        self.paint("33", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
