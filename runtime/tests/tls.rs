//! TLS over real sockets, with authorities that the tests make.
#![cfg(all(feature = "tls", feature = "http", feature = "tcp"))]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Head, Link, Listener, Tls, Transport, Url, http::Http, tcp::Tcp};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

// ---- files ----

/// A directory of certificates; gone when dropped.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Authority {
    ca: CertifiedIssuer<'static, KeyPair>,
    files: Arc<Files>,
    name: &'static str,
}

impl Files {
    fn new() -> Arc<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("matchbus-tls-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Arc::new(Files(path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

impl Authority {
    fn new(files: &Arc<Files>, name: &'static str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        files.write(&format!("{name}.pem"), &ca.pem());
        Authority { ca, files: Arc::clone(files), name }
    }

    fn bundle(&self) -> PathBuf {
        self.files.path(&format!("{}.pem", self.name))
    }

    /// A certificate for these names, and its key.
    fn sign(
        &self,
        file: &str,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (PathBuf, PathBuf) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.ca).unwrap();
        let chain = self.files.write(&format!("{file}.pem"), &certificate.pem());
        (chain, self.files.write(&format!("{file}-key.pem"), &key.serialize_pem()))
    }
}

// ---- services ----

struct Seen {
    started: Semaphore,
    dropped: Semaphore,
    runs: AtomicUsize,
}

#[service(role = "echo")]
fn echo(msg: Value, seen: State<Seen>) -> Value {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    msg
}

struct OnDrop<'a>(&'a Semaphore);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[service(role = "hang")]
async fn hang(_: Value, seen: State<Seen>) -> Value {
    let _dropped = OnDrop(&seen.dropped);
    seen.started.add_permits(1);
    std::future::pending().await
}

/// One authority, a listener with a certificate from it, and what is needed to call it.
struct World {
    files: Arc<Files>,
    ca: Authority,
    seen: Arc<Seen>,
    bus: Bus,
    listener: Listener,
}

impl World {
    async fn new(scheme: &str, options: &str, mutual: bool) -> World {
        let files = Files::new();
        let ca = Authority::new(&files, "ca");
        let (cert, key) = ca.sign("server", &["localhost", "127.0.0.1"], |_| {});
        let mut tls = Tls::new().certificate(cert, key).ca(ca.bundle());
        if mutual {
            tls = tls.client_ca(ca.bundle());
        }
        let seen = Arc::new(Seen {
            started: Semaphore::new(0),
            dropped: Semaphore::new(0),
            runs: AtomicUsize::new(0),
        });
        let bus = Bus::builder().services(services![echo, hang]).shared_state(Arc::clone(&seen)).tls(tls);
        let bus = bus.start().unwrap();
        let url = format!("{scheme}://127.0.0.1:0?{options}").parse().unwrap();
        let listener = bus.listen(&url, &Exposed::All).await.unwrap();
        World { files, ca, seen, bus, listener }
    }

    fn url(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.listener.url().scheme(), self.listener.url().port().unwrap())
    }

    fn link(&self, tls: Tls) -> Arc<dyn Link> {
        link(&self.url("127.0.0.1"), tls).unwrap()
    }

    fn trusting(&self) -> Tls {
        Tls::new().ca(self.ca.bundle())
    }

    async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.listener.url().authority(0)).await.unwrap()
    }

    fn runs(&self) -> usize {
        self.seen.runs.load(Ordering::SeqCst)
    }
}

fn link(url: &str, tls: Tls) -> matchbus::Result<Arc<dyn Link>> {
    let url: Url = url.parse().unwrap();
    if url.scheme().starts_with("tcp") {
        Tcp::new().with_tls(tls).connect(&url)
    } else {
        Http::new().with_tls(tls).connect(&url)
    }
}

const ECHO: &[u8] = br#"{"n":1,"role":"echo"}"#;

/// The text of a call that must end without anything having run.
async fn refused(link: &Arc<dyn Link>) -> String {
    let error = link.call(ECHO, &Head::default()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
    assert_eq!(error.code(), "unreachable", "{error}");
    error.to_string()
}

async fn works(link: &Arc<dyn Link>) {
    assert_eq!(link.call(ECHO, &Head::default()).await.unwrap(), ECHO);
}

// ---- what is the same over both ----

async fn own_authority(scheme: &str) {
    let world = World::new(scheme, "", false).await;
    let trusting = world.link(world.trusting());
    for _ in 0..3 {
        works(&trusting).await;
    }
    assert!(trusting.catalogue().await.unwrap().is_some());
    // More than the buffers of TLS and of the sockets hold, both ways.
    let large = format!(r#"{{"role":"echo","text":"{}"}}"#, "x".repeat(900_000));
    let many = (0..8).map(|_| {
        let (link, large) = (Arc::clone(&trusting), large.clone());
        tokio::spawn(async move { link.call(large.as_bytes(), &Head::default()).await.unwrap().len() })
    });
    for one in many.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), large.len());
    }
    works(&link(&world.url("localhost"), world.trusting()).unwrap()).await;
}

async fn wrong_authority(scheme: &str) {
    let world = World::new(scheme, "", false).await;
    let other = Authority::new(&world.files, "other");
    let text = refused(&world.link(Tls::new().ca(other.bundle()))).await;
    assert!(
        text.contains("UnknownIssuer") && text.contains("other.pem") && text.contains("--tls-ca"),
        "{text}"
    );
    works(&world.link(world.trusting())).await;
}

async fn wrong_name(scheme: &str) {
    let world = World::new(scheme, "", false).await;
    let text =
        refused(&link(&format!("{}?tls_name=cart.shop", world.url("127.0.0.1")), world.trusting()).unwrap())
            .await;
    assert!(text.contains("not valid for name") && text.contains("`tls_name`"), "{text}");
    works(&link(&format!("{}?tls_name=localhost", world.url("127.0.0.1")), world.trusting()).unwrap()).await;
}

async fn expired(scheme: &str) {
    let world = World::new(scheme, "", false).await;
    let (cert, key) = world.ca.sign("old", &["127.0.0.1"], |params| {
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    });
    let old = Bus::builder().tls(Tls::new().certificate(cert, key)).start().unwrap();
    let listener =
        old.listen(&format!("{scheme}://127.0.0.1:0").parse().unwrap(), &Exposed::All).await.unwrap();
    let text = refused(&link(&listener.url().to_string(), world.trusting()).unwrap()).await;
    assert!(text.contains("expired") && text.contains("renewed"), "{text}");
}

async fn mutual(scheme: &str) {
    let world = World::new(scheme, "", true).await;
    let (cert, key) = world.ca.sign("client", &["client"], |_| {});
    works(&world.link(world.trusting().certificate(&cert, &key))).await;
    // What is sent right after the handshake must not be in doubt.
    for _ in 0..20 {
        let text = refused(&world.link(world.trusting())).await;
        assert!(text.contains("CertificateRequired") && text.contains("--tls-cert"), "{text}");
    }
    // While the link waits for its next try, it still says why.
    let again = world.link(world.trusting());
    for _ in 0..3 {
        let text = refused(&again).await;
        assert!(text.contains("CertificateRequired") && text.contains("--tls-cert"), "{text}");
    }
    let foreign = Authority::new(&world.files, "foreign");
    let (cert, key) = foreign.sign("stranger", &["stranger"], |_| {});
    for _ in 0..20 {
        let text = refused(&world.link(world.trusting().certificate(&cert, &key))).await;
        assert!(text.contains("does not accept") && text.contains("tls_client_ca"), "{text}");
    }
    assert_eq!(world.runs(), 1);
}

async fn deadlines_and_cancellation(scheme: &str) {
    let world = World::new(scheme, "", true).await;
    let (cert, key) = world.ca.sign("client", &["client"], |_| {});
    let caller = Bus::builder().in_part().tls(world.trusting().certificate(cert, key)).start().unwrap();
    caller.connect(&world.url("127.0.0.1").parse().unwrap()).await.unwrap();
    assert_eq!(caller.act(json!({"role":"echo","n":2})).await.unwrap()["n"], 2);
    let error = caller.timeout(Duration::from_millis(100)).act(json!({"role":"hang"})).await.unwrap_err();
    assert!(error.bus().unwrap().is_deadline(), "{error}");
    world.seen.dropped.acquire().await.unwrap().forget();
    let before = world.seen.dropped.available_permits();
    let link = world.link(
        world.trusting().certificate(world.files.path("client.pem"), world.files.path("client-key.pem")),
    );
    while world.seen.started.try_acquire().is_ok_and(|permit| {
        permit.forget();
        true
    }) {}
    let call = tokio::spawn(async move { link.call(br#"{"role":"hang"}"#, &Head::default()).await });
    world.seen.started.acquire().await.unwrap().forget();
    call.abort();
    world.seen.dropped.acquire_many(u32::try_from(before).unwrap() + 1).await.unwrap().forget();
}

/// A client that speaks no TLS is told so, one that says nothing is cut off, and the listener lives.
async fn plain_clients(scheme: &str, said: &[u8], told: &str) {
    let world = World::new(scheme, "tls_timeout=200ms", false).await;
    let mut plain = world.raw().await;
    plain.write_all(said).await.unwrap();
    let mut all = String::new();
    plain.read_to_string(&mut all).await.unwrap();
    assert!(all.contains("this port speaks TLS") && all.contains(told), "{all}");
    let mut silent = world.raw().await;
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap_or(0), 0);
    // A handshake that is begun and not ended; TLS's first bytes and nothing more.
    let mut slow = world.raw().await;
    slow.write_all(&[22, 3, 1, 1, 0]).await.unwrap();
    assert_eq!(slow.read(&mut [0; 16]).await.unwrap_or(0), 0);
    let mut broken = world.raw().await;
    broken.write_all(&[22; 600]).await.unwrap();
    let _ = broken.read_to_end(&mut Vec::new()).await;
    works(&world.link(world.trusting())).await;
    // And a link that speaks TLS to a listener that does not.
    let plain_scheme = scheme.strip_suffix('s').unwrap();
    let plain = world
        .bus
        .listen(&format!("{plain_scheme}://127.0.0.1:0").parse().unwrap(), &Exposed::All)
        .await
        .unwrap();
    let url = format!("{scheme}://127.0.0.1:{}", plain.url().port().unwrap());
    let text = refused(&link(&url, world.trusting()).unwrap()).await;
    assert!(text.contains("TLS"), "{text}");
}

async fn handshakes_do_not_hold_up_others(scheme: &str) {
    let world = World::new(scheme, "tls_timeout=60s", false).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut one = world.raw().await;
        one.write_all(&[22, 3, 1, 1, 0]).await.unwrap();
        slow.push(one);
    }
    works(&world.link(world.trusting())).await;
    assert_eq!(world.bus.shutdown().await, 0);
    tokio::time::timeout(Duration::from_secs(10), world.listener.ended())
        .await
        .expect("handshakes keep a drain");
}

/// In TLS 1.3 a client may have sent its first message before its listener knows it.
async fn a_handshake_that_a_drain_meets(scheme: &str) {
    let world = World::new(scheme, "", false).await;
    let between = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("{scheme}://{}", between.local_addr().unwrap()), world.trusting()).unwrap();
    let calling = tokio::spawn(async move { link.call(ECHO, &Head::default()).await });
    let (mut client, mut server) = (between.accept().await.unwrap().0, world.raw().await);
    let mut bytes = vec![0; 64 * 1024];
    let hello = client.read(&mut bytes).await.unwrap();
    server.write_all(&bytes[..hello]).await.unwrap();
    // What ends the handshake, and the message with it, are held up until the listener drains.
    loop {
        tokio::select! {
            length = server.read(&mut bytes) => {
                let length = length.unwrap();
                client.write_all(&bytes[..length]).await.unwrap();
            }
            ready = client.readable() => break ready.unwrap(),
        }
    }
    assert_eq!(world.bus.shutdown().await, 0);
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    let error = calling.await.unwrap().unwrap_err();
    assert_eq!((error.outcome(), world.runs()), (Outcome::NotDone, 0), "{error}");
}

macro_rules! over_both {
    ($($name:ident)*) => {
        mod https { $(#[tokio::test] async fn $name() { super::$name("https").await; })* }
        mod tcps { $(#[tokio::test] async fn $name() { super::$name("tcps").await; })* }
    };
}

over_both! {
    own_authority wrong_authority wrong_name expired mutual deadlines_and_cancellation handshakes_do_not_hold_up_others
    a_handshake_that_a_drain_meets
}

#[tokio::test]
async fn plain_http_at_a_tls_port_is_told_so() {
    plain_clients("https", b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 400").await;
}

#[tokio::test]
async fn a_plain_tcp_link_to_a_tls_port_is_told_so() {
    let world = World::new("tcps", "", false).await;
    let plain = world.url("127.0.0.1").replace("tcps://", "tcp://");
    let plain = Tcp::new().connect(&plain.parse().unwrap()).unwrap();
    for _ in 0..3 {
        let text = refused(&plain).await;
        assert!(text.contains("this port speaks TLS; write tcps://"), "{text}");
    }
    assert_eq!(world.runs(), 0);
}

/// Whether the refusal comes before the connection takes the request or after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_without_a_certificate_say_so_however_the_refusal_comes() {
    for scheme in ["https", "tcps"] {
        let world = World::new(scheme, "", true).await;
        for _ in 0..40 {
            let link = world.link(world.trusting());
            let calls = (0..5).map(|_| {
                let link = Arc::clone(&link);
                tokio::spawn(async move { refused(&link).await })
            });
            for call in calls.collect::<Vec<_>>() {
                let text = call.await.unwrap();
                assert!(text.contains("CertificateRequired") && text.contains("--tls-cert"), "{text}");
            }
        }
        assert_eq!(world.runs(), 0);
    }
}

#[tokio::test]
async fn plain_lines_at_a_tls_port_are_told_so() {
    plain_clients("tcps", b"{\"id\":\"a/b\",\"kind\":\"act\",\"sync\":true,\"act\":{}}\n", "tcps://").await;
}

/// What the command says of one request: the protocol and the body.
fn curl(args: &[&str], url: &str, ca: &Path) -> Result<String, String> {
    let mut command = std::process::Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "10", "--cacert"]).arg(ca);
    let out = command.args(["--write-out", " %{http_version}"]).args(args).arg(url).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_is_answered_over_http_2_and_http_1() {
    let world = World::new("https", "", false).await;
    let (url, ca) = (format!("{}/act", world.url("localhost")), world.ca.bundle());
    let body = ["-d", r#"{"role":"echo"}"#];
    assert_eq!(curl(&[&body[..], &["--http2"]].concat(), &url, &ca).unwrap(), r#"{"role":"echo"} 2"#);
    assert_eq!(curl(&[&body[..], &["--http1.1"]].concat(), &url, &ca).unwrap(), r#"{"role":"echo"} 1.1"#);
    let other = Authority::new(&world.files, "other");
    assert!(curl(&body, &url, &other.bundle()).unwrap_err().contains("certificate"));
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_under_tls() {
    let world = World::new("https", "connections=1", false).await;
    let first = world.link(world.trusting());
    works(&first).await;
    let error = world.link(world.trusting()).call(ECHO, &Head::default()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("overloaded", Outcome::NotDone), "{error}");
}

#[tokio::test]
async fn wrong_files_are_told_with_the_cure_and_nothing_of_a_key() {
    let files = Files::new();
    let ca = Authority::new(&files, "ca");
    let (cert, key) = ca.sign("server", &["localhost"], |_| {});
    let (other, _) = ca.sign("other", &["localhost"], |_| {});
    let (empty, junk) =
        (files.write("empty.pem", ""), files.write("junk.pem", "-----BEGIN PRIVATE KEY-----\nMIG\u{7}\n"));
    let secret = files.write(
        "locked.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let none = files.path("none.pem");
    let bus = Bus::builder().start().unwrap();
    let key_text = std::fs::read_to_string(&key).unwrap();
    let part_of_key = key_text.lines().nth(1).unwrap();
    let say = |pairs: &[(&str, &Path)]| {
        pairs.iter().map(|(name, path)| format!("{name}={}", path.display())).collect::<Vec<_>>().join("&")
    };
    for (options, why) in [
        (String::new(), "a certificate is needed: say --tls-cert FILE and --tls-key FILE"),
        (say(&[("tls_cert", &cert)]), "certificate and no key; say it with --tls-key"),
        (say(&[("tls_key", &key)]), "key and no certificate; say it with --tls-cert"),
        (
            say(&[("tls_cert", &none), ("tls_key", &key)]),
            "none.pem` (--tls-cert or `tls_cert`) cannot be read",
        ),
        (
            say(&[("tls_cert", &cert), ("tls_key", &none)]),
            "none.pem` (--tls-key or `tls_key`) cannot be read",
        ),
        (say(&[("tls_cert", &key), ("tls_key", &cert)]), "given the wrong way round?"),
        (say(&[("tls_cert", &cert), ("tls_key", &cert)]), "a certificate and no private key"),
        (say(&[("tls_cert", &empty), ("tls_key", &key)]), "has no certificate; it must be PEM"),
        (say(&[("tls_cert", &cert), ("tls_key", &empty)]), "has no private key; it must be PEM"),
        (say(&[("tls_cert", &cert), ("tls_key", &junk)]), "(--tls-key or `tls_key`)"),
        (say(&[("tls_cert", &cert), ("tls_key", &secret)]), "is encrypted"),
        (say(&[("tls_cert", &other), ("tls_key", &key)]), "do not go together"),
        (say(&[("tls_cert", &cert), ("tls_key", &key), ("tls_client_ca", &empty)]), "--tls-client-ca"),
        (say(&[("tls_ca", &cert)]), "has the option `tls_ca`, which is not known here"),
        ("tls_timeout=1h".into(), "is a time such as 250ms"),
    ] {
        for scheme in ["https", "tcps"] {
            let url: Url = format!("{scheme}://127.0.0.1:0?{options}").parse().unwrap();
            let error = bus.listen(&url, &Exposed::All).await.unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(why) && !text.contains(part_of_key), "{options}: {text}");
        }
    }
    for scheme in ["http", "tcp"] {
        let url = format!("{scheme}://127.0.0.1:0?tls_cert=x").parse().unwrap();
        let error = bus.listen(&url, &Exposed::All).await.unwrap_err().to_string();
        assert!(error.contains(&format!("write {scheme}s:// or leave it out")), "{error}");
    }
    let error = link("https://localhost", Tls::new()).unwrap_err().to_string();
    assert!(error.contains("--tls-ca FILE") && error.contains("ca-certificates.crt"), "{error}");
    let tls = Tls::new().certificate(&cert, &key).ca(ca.bundle());
    let shown = format!("{tls:?} {:?}", link("https://localhost", tls.clone()).unwrap());
    assert!(!shown.contains(part_of_key), "{shown}");
}
