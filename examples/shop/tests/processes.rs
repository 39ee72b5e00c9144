//! The shop in several processes: the same functions, split by flags.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use matchbus::prelude::*;
use matchbus::transport::Url;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use shop_contracts::GetPrice;

/// A process of the shop; killed when dropped.
struct Process {
    child: Child,
    url: Url,
}

impl Process {
    /// Starts services that listen, and waits until they do.
    fn start(services: &str, listen: &str, peers: &[&Process]) -> Self {
        let peers: Vec<_> =
            peers.iter().flat_map(|peer| ["--bus".to_owned(), peer.url.to_string()]).collect();
        Process::start_with(services, listen, peers)
    }

    fn start_with(services: &str, listen: &str, more: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = shop();
        command.args(["run", "--only", services, "--listen", listen]).args(more);
        Process::of(command)
    }

    /// Starts what says by itself where it listens.
    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let url = line.strip_prefix("listening at ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        // It knows by then what its peers answer.
        assert!(
            lines.any(|line| line.unwrap().contains("SIGTERM or ctrl-c ends it")),
            "it ended before it was ready"
        );
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

/// With nothing in its environment that somebody who runs the tests may have there.
fn shop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    for name in ["URL", "LISTEN", "ROUTES", "TLS_CERT", "TLS_KEY", "TLS_CA", "TLS_CLIENT_CA"] {
        command.env_remove(format!("MATCHBUS_{name}"));
    }
    command
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

#[test]
fn call_explains_what_other_processes_answer() {
    let price = Process::start("price,gold", "tcp://127.0.0.1:0", &[]);
    let url = price.url.to_string();
    let explain = |message: &str| {
        let mut call = shop();
        call.args(["call", message, "--explain", "--bus", &url]);
        String::from_utf8(call.output().unwrap().stderr).unwrap()
    };
    let gold = r#"{"role":"price","cmd":"get","sku":"pot","tier":"gold"}"#;
    let told = explain(gold);
    assert!(told.starts_with(&format!("`cmd:get,role:price,tier:gold` is answered at {url}\n")), "{told}");
    assert!(told.contains("wins over `cmd:get,role:price`: it has more keys, 3 against 2"), "{told}");
    let told = explain(r#"{"role":"price","cmd":"got"}"#);
    assert!(told.contains("near miss `cmd:get,role:price`: `cmd` is got, not get"), "{told}");
}

async fn an_order_goes_through(scheme: &str) {
    let listen = format!("{scheme}://127.0.0.1:0");
    let price = Process::start("price", &listen, &[]);
    let stock = Process::start("stock", &listen, &[]);
    let rest = Process::start("payment,mail,audit,bestsellers", &listen, &[]);
    let gold = Process::start("gold", &listen, &[&price]);
    let cart = Process::start("cart", &listen, &[&price, &gold]);
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
async fn an_order_goes_through_six_processes_over_tcp() {
    an_order_goes_through("tcp").await;
}

#[tokio::test]
async fn an_order_goes_through_six_processes_over_http() {
    an_order_goes_through("http").await;
}

/// Gold customers are served by a process of their own, which has no prices: `Prior` finds them in another one.
async fn a_special_case_is_a_process_of_its_own(scheme: &str) {
    let listen = format!("{scheme}://127.0.0.1:0");
    let mut price = Process::start("price", &listen, &[]);
    let gold = Process::start("gold", &listen, &[&price]);
    let cart = Process::start("cart", &listen, &[&price, &gold]);
    let bus = client(&[&cart]).await;
    let add = |cart: &str, sku: &str, tier: &str| {
        bus.act(serde_json::json!({"role":"cart","cmd":"add","cart":cart,"sku":sku,"qty":1,"tier":tier}))
    };
    assert_eq!(add("ann", "pot", "gold").await.unwrap()["cents"], 2610);
    assert_eq!(add("bob", "pot", "none").await.unwrap()["cents"], 2900);
    // The rank decides over processes, too: money has no discount.
    assert_eq!(add("cid", "gift-20", "gold").await.unwrap()["cents"], 2000);
    let error = add("dan", "cup", "gold").await.unwrap_err();
    assert_eq!(error.code(), "unknown-sku", "{error}");
    // What is behind may go and come back.
    let url = price.url.to_string();
    price.kill();
    price = Process::start("price", &url, &[]);
    assert_eq!(add("eve", "pot", "gold").await.unwrap()["cents"], 2610);
    // A process that has both is handed the price only, so the discount is given once.
    let both = Process::start("price,gold", &listen, &[]);
    let gold = Process::start("gold", &listen, &[&both]);
    let bus = client(&[&gold]).await;
    let get = serde_json::json!({"role":"price","cmd":"get","sku":"pot","tier":"gold"});
    assert_eq!(bus.act(get).await.unwrap()["cents"], 2610);
    drop(price);
}

#[tokio::test]
async fn a_special_case_is_a_process_of_its_own_over_tcp() {
    a_special_case_is_a_process_of_its_own("tcp").await;
}

#[tokio::test]
async fn a_special_case_is_a_process_of_its_own_over_http() {
    a_special_case_is_a_process_of_its_own("http").await;
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

/// The table that the example documents, with the ports that these processes have.
struct Table(PathBuf);

impl Table {
    fn write(name: &str, ports: &[(u16, u16)]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("routes.toml");
        let mut text = std::fs::read_to_string(file).unwrap();
        for (documented, real) in ports {
            let documented = format!("127.0.0.1:{documented}\"");
            assert!(text.contains(&documented), "{documented}");
            text = text.replace(&documented, &format!("127.0.0.1:{real}\""));
        }
        let path = std::env::temp_dir().join(format!("shop-routes-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Table(path)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A port that nobody else is given while the table is written, since the table must name it before its process starts.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn an_order_goes_through_six_processes_by_the_documented_table() {
    let listen = "tcp://127.0.0.1:0";
    let price = Process::start("price", listen, &[]);
    let payment = Process::start("payment", listen, &[]);
    let rest = Process::start("mail,audit,bestsellers", listen, &[]);
    let port = |process: &Process| process.url.port().unwrap();
    let (stock_port, cart_port) = (free_port(), free_port());
    let table = Table::write(
        "order",
        &[
            (4101, port(&price)),
            (4102, stock_port),
            (4103, port(&payment)),
            (4104, port(&rest)),
            (4105, cart_port),
        ],
    );
    let routes = || ["--routes".as_ref(), table.0.as_os_str()];
    let _stock = Process::start_with("stock", &format!("tcp://127.0.0.1:{stock_port}"), routes());
    let cart = Process::start_with("cart", &format!("tcp://127.0.0.1:{cart_port}"), routes());
    let order = Process::start_with("order", "http://127.0.0.1:0", routes());
    an_order_is_placed_and_observed(&cart, &order, &rest).await;
}

#[tokio::test]
async fn an_order_goes_through_six_processes_by_routes_on_the_command_line() {
    let listen = "tcp://127.0.0.1:0";
    let price = Process::start("price", listen, &[]);
    let payment = Process::start("payment", listen, &[]);
    let rest = Process::start("mail,audit,bestsellers", listen, &[]);
    let to = |flag: &str, pin: &str, processes: &[&Process]| {
        let urls: Vec<_> = processes.iter().map(|process| process.url.to_string()).collect();
        [flag.to_owned(), format!("{pin}={}", urls.join(","))]
    };
    let stock = Process::start_with("stock", listen, to("--observe", "role:stock,event:low", &[&rest]));
    let cart = Process::start_with("cart", listen, to("--route", "role:price", &[&price]));
    let routes = [
        to("--route", "role:cart", &[&cart]),
        to("--route", "role:stock", &[&stock]),
        to("--route", "role:payment", &[&payment]),
        to("--observe", "role:order,event:placed", &[&stock, &rest, &cart]),
    ];
    let order = Process::start_with("order", "http://127.0.0.1:0", routes.concat());
    an_order_is_placed_and_observed(&cart, &order, &rest).await;
}

async fn an_order_is_placed_and_observed(cart: &Process, order: &Process, rest: &Process) {
    let bus = client(&[cart, order, rest]).await;
    let add = serde_json::json!({"role":"cart","cmd":"add","cart":"ann","sku":"tea","qty":2});
    assert_eq!(bus.act(add).await.unwrap()["cents"], 900);
    let place = serde_json::json!({"role":"order","cmd":"place","cart":"ann","card":"4242"});
    assert_eq!(bus.act(place).await.unwrap()["cents"], 900);
    // The event has reached the observers by the routes: at two other processes.
    let best = serde_json::json!({"role":"bestsellers","cmd":"get"});
    let get = serde_json::json!({"role":"cart","cmd":"get","cart":"ann"});
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while bus.act(best.clone()).await.unwrap()[0]["sku"] != "tea" || bus.act(get.clone()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the order was not observed");
}

/// An authority, and a certificate from it for whoever listens and calls here; gone when dropped.
struct Certificates(PathBuf);

impl Certificates {
    fn write() -> Self {
        let path = std::env::temp_dir().join(format!("shop-certificates-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &ca).unwrap();
        for (name, text) in [("ca", ca.pem()), ("cert", certificate.pem()), ("key", key.serialize_pem())] {
            std::fs::write(path.join(name), text).unwrap();
        }
        Certificates(path)
    }

    /// Says where they are by the environment.
    fn tell(&self, command: &mut Command, which: &[(&str, &str)]) {
        command.envs(which.iter().map(|(name, file)| (format!("MATCHBUS_TLS_{name}"), self.0.join(file))));
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn processes_run_by_their_environment_only() {
    let files = Certificates::write();
    let all = [("CERT", "cert"), ("KEY", "key"), ("CA", "ca"), ("CLIENT_CA", "ca")];
    let listener = |services: &str| {
        let mut command = shop();
        command.args(["run", "--only", services]).env("MATCHBUS_LISTEN", "tcps://127.0.0.1:0");
        files.tell(&mut command, &all);
        command
    };
    let mut price = listener("price");
    // It calls nobody.
    price.env_remove("MATCHBUS_TLS_CA");
    let price = Process::of(price);
    let table = files.0.join("routes.toml");
    std::fs::write(&table, format!("[[route]]\npin = \"role:price\"\nto = \"{}\"\n", price.url)).unwrap();
    let mut cart = listener("cart");
    cart.env("MATCHBUS_ROUTES", &table);
    let cart = Process::of(cart);
    assert_eq!((price.url.scheme(), cart.url.scheme()), ("tcps", "tcps"));

    let call = |which: &[(&str, &str)]| {
        let mut call = shop();
        let add = r#"{"role":"cart","cmd":"add","cart":"ann","sku":"tea","qty":2}"#;
        call.args(["call", add, "--timeout", "10s"]).env("MATCHBUS_URL", cart.url.to_string());
        files.tell(&mut call, which);
        let output = call.output().unwrap();
        let [said, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), said, told)
    };
    let (code, said, told) = call(&[("CA", "ca"), ("CERT", "cert"), ("KEY", "key")]);
    let reply: Value = serde_json::from_str(&said).unwrap_or_else(|cause| panic!("{cause}: {said}{told}"));
    assert_eq!((code, &reply["cents"]), (Some(0), &900.into()), "{told}");
    // Each variable does something: without it there is no way in.
    for (which, cure) in
        [(&[("CA", "ca")][..], "--tls-cert"), (&[("CERT", "cert"), ("KEY", "key")], "--tls-ca")]
    {
        let (code, said, told) = call(which);
        assert_eq!((code, &*said), (Some(1), ""), "{which:?}: {told}");
        assert!(told.contains(cure), "{which:?}: {told}");
    }
}
