//! Stand-in until the application lands.
#![allow(missing_docs)]
use std::future::Future;
use std::process::ExitCode;

/// Stub.
#[derive(Debug)]
pub struct App;

impl App {
    /// Stub.
    pub async fn run(self) -> crate::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
pub struct MainOptions {
    pub package: &'static str,
    pub version: &'static str,
    pub worker_threads: Option<usize>,
    pub current_thread: bool,
    pub handler_crates: &'static [&'static str],
}

pub fn run_main<M, F, T>(options: MainOptions, main: M) -> ExitCode
where
    M: FnOnce(App) -> F,
    F: Future<Output = T>,
    T: Ended,
{
    if std::env::var_os("MATCHBUS_STUB_PRINT").is_some() {
        println!("{options:?}");
    }
    match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => runtime.block_on(main(App)).ended(),
        Err(_) => ExitCode::FAILURE,
    }
}

/// What `main` may return.
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "not what `main` may return",
    note = "return nothing, `matchbus::Result<()>`, `std::process::ExitCode`, or a `Result` of these whose error implements `Display`"
)]
pub trait Ended {
    fn ended(self) -> ExitCode;
}
impl Ended for () {
    fn ended(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}
impl Ended for ExitCode {
    fn ended(self) -> ExitCode {
        self
    }
}
impl<T: Ended, E: std::fmt::Display> Ended for Result<T, E> {
    fn ended(self) -> ExitCode {
        match self {
            Ok(ok) => ok.ended(),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
