use std::process::ExitCode;

use super::log::say;

/// What a `main` under `#[matchbus::main]` may return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "not what `main` may return",
    note = "return nothing, `matchbus::Result<()>`, `std::process::ExitCode`, or a `Result` of these whose error implements `Display`"
)]
pub trait Ended {
    /// The exit code of the process, where `main` says more than that the app has ended.
    fn ended(self) -> Option<ExitCode>;
}

impl Ended for () {
    fn ended(self) -> Option<ExitCode> {
        None
    }
}

impl Ended for ExitCode {
    fn ended(self) -> Option<ExitCode> {
        Some(self)
    }
}

impl<T: Ended, E: std::fmt::Display> Ended for Result<T, E> {
    fn ended(self) -> Option<ExitCode> {
        match self {
            Ok(ok) => ok.ended(),
            Err(error) => {
                say(&format!("error: {error}"));
                Some(ExitCode::FAILURE)
            }
        }
    }
}
