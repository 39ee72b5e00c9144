//! Links none of its dependencies, of which two have handlers.

const EXPECTED: usize = 2;

/// In the place of matchbus: `main` tells what it was given. The array's length is checked by `cargo check` already.
mod fake {
    pub mod __private {
        pub struct MainOptions {
            pub package: &'static str,
            pub version: &'static str,
            pub worker_threads: Option<usize>,
            pub current_thread: bool,
            pub handler_crates: &'static [&'static str; super::super::EXPECTED],
        }

        pub fn run_main<F>(options: MainOptions, _: F) -> std::process::ExitCode {
            let MainOptions { package, version, worker_threads, current_thread, handler_crates } = options;
            println!("{package} {version} {worker_threads:?} {current_thread} {}", handler_crates.join(" "));
            std::process::ExitCode::SUCCESS
        }
    }
}

struct App;

#[matchbus::main(crate(fake))]
async fn main(_: App) {}
