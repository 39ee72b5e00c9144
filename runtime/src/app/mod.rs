//! A program with `#[matchbus::main]`: its command line, its run until a signal, its exit code.

mod args;
mod call;
mod check;
mod ended;
mod graph;
mod help;
mod list;
mod log;
mod network;
mod pipe;
mod run;
mod signal;
mod watchdog;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use args::{Command, Parsed};
#[doc(hidden)]
pub use ended::Ended;
use log::say;
use network::Network;
use tokio::runtime::Runtime;

use crate::bus::{Builder, Bus};
use crate::handler::BoxFuture;
use crate::message::{Error, ErrorKind, Outcome, Result};
use crate::registry::{Catalogue, Info};

/// What `#[matchbus::main]` hands to your `main`: give it states and settings, then [`run`](App::run) it.
///
/// The program has these commands: `run` (also without any), `list`, `call`, `pipe`, `graph`, `check`; `--help`
/// tells more.
///
/// Where your `main` sets no subscriber of [tracing](https://docs.rs/tracing) before [`run`](App::run), warnings and errors
/// of matchbus, such as an observer that failed, are lines on stderr; `MATCHBUS_LOG` may be `off`, `error`, `warn` (unless
/// said otherwise) or `info`.
#[must_use]
pub struct App {
    about: MainOptions,
    command: Command,
    builder: Builder,
    explicit: bool,
    otherwise: Option<Otherwise>,
    beside: Vec<Otherwise>,
    exit: Arc<AtomicU8>,
}

type Otherwise = Box<dyn FnOnce(Bus) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send>;

/// What the macro knows of the program.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MainOptions {
    /// The package's name.
    pub package: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// Threads of the runtime; one per core if not said.
    pub worker_threads: Option<usize>,
    /// All on one thread.
    pub current_thread: bool,
    /// Direct dependencies that have handlers, by their names in the program; `stock=stock_service` where it has renamed one.
    pub handler_crates: &'static [&'static str],
}

impl App {
    /// Gives the handlers a state; see [`Builder::state`].
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Self {
        self.configure(|builder| builder.state(state))
    }

    /// Mounts these handlers, and not all that are linked.
    pub fn services(mut self, services: &[&'static [Info]]) -> Self {
        self.explicit = true;
        self.configure(|builder| builder.services(services))
    }

    /// Changes anything else about the bus.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// #[matchbus::main]
    /// async fn main(app: matchbus::App) -> matchbus::Result<()> {
    ///     app.configure(|bus| bus.timeout(Duration::from_secs(2))).run().await
    /// }
    /// ```
    pub fn configure(mut self, change: impl FnOnce(Builder) -> Builder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// What the program does when it is started without a command, in place of `run`.
    pub fn otherwise<F, Fut>(mut self, run: F) -> Self
    where
        F: FnOnce(Bus) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.otherwise = Some(Box::new(|bus| Box::pin(run(bus))));
        self
    }

    /// What runs beside the handlers while `run` runs, such as a server of your own that calls the bus; it may be said
    /// several times. It starts when the handlers have. An error of it ends the program. When a signal comes it has the
    /// time in which the handlers end, and two seconds more, to end by itself.
    ///
    /// ```no_run
    /// #[matchbus::main]
    /// async fn main(app: matchbus::App) -> matchbus::Result<()> {
    ///     app.beside(|bus| async move {
    ///         println!("{} handlers, and this", bus.size());
    ///         Ok(())
    ///     })
    ///     .run()
    ///     .await
    /// }
    /// ```
    pub fn beside<F, Fut>(mut self, run: F) -> Self
    where
        F: FnOnce(Bus) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.beside.push(Box::new(|bus| Box::pin(run(bus))));
        self
    }

    /// Does what the command line says. `run` ends on SIGTERM or ctrl-c, after everything that is running has ended.
    ///
    /// # Errors
    ///
    /// The bus does not start, or the command fails for a reason that is not in a message.
    pub fn run(self) -> impl Future<Output = Result<()>> + Send {
        // As a trait object, all of this is compiled with matchbus. The future itself would be compiled with every
        // program that awaits it, at 15 seconds of the processor in a release build (measured).
        let run: BoxFuture<'static, Result<()>> = Box::pin(self.work());
        run
    }

    async fn work(mut self) -> Result<()> {
        log::to_stderr();
        if !self.explicit {
            self.builder = self.builder.discover();
        }
        self.builder = self.builder.expect_crates(self.about.handler_crates);
        let exit = match self.command {
            Command::Default => {
                if let Some(run) = self.otherwise {
                    run::until_done(self.builder.start()?, run).await?
                } else {
                    let mounting = run::Mounting::default();
                    run::until_signal(self.about, self.builder, mounting, self.beside).await?
                }
            }
            Command::Run(mounting) => {
                run::until_signal(self.about, self.builder, mounting, self.beside).await?
            }
            Command::List { json } => return list::list(&self.builder, json),
            Command::Call(call) => {
                let catalogue = Catalogue::of(self.builder.infos());
                let mut call = call;
                let network = std::mem::take(&mut call.network);
                call::call(client(self.builder, network).await?, &catalogue, call).await?
            }
            Command::Pipe { at_once, network } => {
                pipe::pipe(client(self.builder, network).await?, at_once).await?
            }
            Command::Graph(format) => return graph::graph(&self.builder, format),
            Command::Check { against } => check::check(&self.builder, against.as_deref())?,
        };
        self.exit.store(exit, Ordering::Relaxed);
        Ok(())
    }
}

/// The bus of a command that sends: with everything in it, or with nothing in it and others to call.
async fn client(builder: Builder, network: Network) -> Result<Bus> {
    let network = network.or_environment_of_caller()?;
    if network.is_empty() {
        return Ok(builder.start()?);
    }
    let bus = network.prepare(builder.without_handlers())?.start()?;
    network.join(&bus).await?;
    Ok(bus)
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("package", &self.about.package).finish_non_exhaustive()
    }
}

/// What `#[matchbus::main]` makes of a program's `main`.
///
/// Generic only where it must be, since what is generic is compiled with the program.
#[doc(hidden)]
pub fn run_main<Run, Fut, T>(about: MainOptions, main: Run) -> ExitCode
where
    Run: FnOnce(App) -> Fut,
    Fut: Future<Output = T>,
    T: Ended,
{
    match start(about) {
        Err(exit) => exit,
        Ok((app, runtime)) => {
            let exit = Arc::clone(&app.exit);
            let main = main(app);
            block_on(runtime, &exit, Box::pin(async { main.await.ended() }))
        }
    }
}

/// Reads the command line and starts the runtime; otherwise, how the program ends.
fn start(about: MainOptions) -> std::result::Result<(App, Runtime), ExitCode> {
    let command = match args::parse(&about) {
        Ok(Parsed::Command(command)) => *command,
        Ok(Parsed::Say(text)) => {
            return Err(match print(&text) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    say(&format!("error: {error}"));
                    ExitCode::FAILURE
                }
            });
        }
        Err(error) => {
            say(&format!("error: {error}\n\nFor more, try `--help`."));
            return Err(ExitCode::from(2));
        }
    };
    let mut runtime = if about.current_thread {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    if let Some(threads) = about.worker_threads {
        runtime.worker_threads(threads);
    }
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            say(&format!("error: the runtime cannot start: {cause}"));
            return Err(ExitCode::FAILURE);
        }
    };
    let app = App {
        about,
        command,
        builder: Builder::new(),
        explicit: false,
        otherwise: None,
        beside: Vec::new(),
        exit: Arc::default(),
    };
    Ok((app, runtime))
}

fn block_on(
    runtime: Runtime,
    exit: &AtomicU8,
    main: Pin<Box<dyn Future<Output = Option<ExitCode>> + '_>>,
) -> ExitCode {
    let ended = runtime.block_on(main);
    // A handler that hangs on a thread must not keep the process.
    runtime.shutdown_background();
    ended.unwrap_or_else(|| ExitCode::from(exit.load(Ordering::Relaxed)))
}

/// `1 handler`, `2 handlers`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Prints to stdout; that nobody reads any more is no failure of the program.
fn print(text: &str) -> Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritable(&cause)),
        _ => Ok(()),
    }
}

/// What the program says goes nowhere.
fn unwritable(cause: &std::io::Error) -> Error {
    let cure = match cause.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "make room there, or",
        _ => "see where it goes, or",
    };
    let text = format!("stdout cannot be written: {cause}; {cure} send it to another file or program");
    Error::new(ErrorKind::Usage, Outcome::Unknown, text)
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_not_many() {
        assert_eq!((counted(1, "handler"), counted(0, "handler")), ("1 handler".into(), "0 handlers".into()));
    }
}
