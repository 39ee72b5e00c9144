//! The shop in several processes: the same functions, split by flags.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use matchbus::prelude::*;
use matchbus::transport::Url;
use shop_contracts::GetPrice;

/// A process of the shop; killed when dropped.
struct Process {
    child: Child,
    url: Url,
}

impl Process {
    /// Starts services that listen, and waits until they do.
    fn start(services: &str, listen: &str, peers: &[&Process]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.args(["run", "--only", services, "--listen", listen]).stderr(Stdio::piped());
        for peer in peers {
            command.args(["--bus", &peer.url.to_string()]);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let url = line.strip_prefix("listening at ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        // The rest is read too, so that the process never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Process { child, url }
    }

    /// As kill -9 does.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn client(peers: &[&Process]) -> Bus {
    let bus = Bus::builder().in_part().start().unwrap();
    for peer in peers {
        bus.connect(&peer.url).await.unwrap();
    }
    bus
}

fn tea() -> GetPrice {
    serde_json::from_str(r#"{"sku":"tea"}"#).unwrap()
}

async fn an_order_goes_through(scheme: &str) {
    let listen = format!("{scheme}://127.0.0.1:0");
    let price = Process::start("price", &listen, &[]);
    let stock = Process::start("stock", &listen, &[]);
    let rest = Process::start("payment,mail,audit,bestsellers", &listen, &[]);
    let cart = Process::start("cart", &listen, &[&price]);
    let order = Process::start("order", &listen, &[&cart, &stock, &rest]);
    let bus = client(&[&cart, &order]).await;
    let add = serde_json::json!({"role":"cart","cmd":"add","cart":"ann","sku":"tea","qty":2,"tier":"gold"});
    assert_eq!(bus.act(add).await.unwrap()["cents"], 810);
    let place = serde_json::json!({"role":"order","cmd":"place","cart":"ann","card":"4242"});
    assert_eq!(bus.act(place).await.unwrap()["cents"], 810);
    let declined = serde_json::json!({"role":"order","cmd":"place","cart":"nobody","card":"4242"});
    let error = bus.act(declined).await.unwrap_err();
    assert_eq!(error.code(), "unknown-cart", "{error}");
}

#[tokio::test]
async fn an_order_goes_through_five_processes_over_tcp() {
    an_order_goes_through("tcp").await;
}

#[tokio::test]
async fn an_order_goes_through_five_processes_over_http() {
    an_order_goes_through("http").await;
}

/// Kills one of two workers again and again while calls go on: the caller sees nothing.
async fn the_caller_sees_no_kill(scheme: &str) {
    let listen = format!("{scheme}://127.0.0.1:0");
    let steady = Process::start("price", &listen, &[]);
    let first = Process::start("price", &listen, &[]);
    // The next ones take the same address, as a supervisor would start them.
    let again = first.url.to_string();
    let bus = client(&[&steady, &first]).await;
    let mut victim = Some(first);
    for round in 0..5 {
        let calls: Vec<_> = (0..40)
            .map(|_| {
                let bus = bus.clone();
                tokio::spawn(async move { bus.call(tea()).await })
            })
            .collect();
        if let Some(victim) = victim.take() {
            victim.kill();
        }
        for call in calls {
            let reply = call.await.unwrap();
            assert!(reply.is_ok(), "round {round}: {reply:?}");
        }
        victim = Some(Process::start("price", &again, &[]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_sees_no_kill_over_tcp() {
    the_caller_sees_no_kill("tcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_sees_no_kill_over_http() {
    the_caller_sees_no_kill("http").await;
}
