//! A service as its user writes it: a program of its own, with a command line, a watchdog, and perhaps a peer.

use matchbus::prelude::*;

use crate::process::{self, Server};

/// Where the program is told its own port, for whoever starts it.
const PORT: &str = "BENCH_WIRE_PORT";

#[matchbus::main]
pub(crate) async fn main(app: App) -> matchbus::Result<()> {
    app.beside(|_| async {
        let port = std::env::var(PORT).ok().and_then(|port| port.parse().ok());
        process::ready(port.expect("whoever starts it says the port"));
        Ok(())
    })
    .run()
    .await
}

/// Starts it, with a peer or without.
pub(crate) fn start(scheme: &str, peer: Option<&Server>) -> Server {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.expect("the system has ports").port();
    let itself = std::env::current_exe().expect("Linux knows the running program");
    let mut command = std::process::Command::new(itself);
    command.args(["run", "--listen", &format!("{scheme}://127.0.0.1:{port}")]).env(PORT, port.to_string());
    if let Some(peer) = peer {
        command.args(["--bus", &format!("{scheme}://127.0.0.1:{}", peer.port)]);
    }
    Server::of(&mut command)
}
