//! Calls over TCP beside bare JSON lines with ids, in turns: `cargo run --release -p matchbus-benches --features tcp --bin tcp`.
//!
//! The servers run in a process of their own. Only the ratios mean something, and only within one run. The bare side
//! does what cannot be left out: one connection, coalesced writes, a typed message decoded and a reply encoded at each
//! end. matchbus's side routes, checks the message (rule M7), carries a head and keeps its promises on top of that.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use matchbus::prelude::*;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Head, Link, Transport};
use matchbus::{Id, services};
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "cart", cmd = "add", reply(Total))]
struct Add {
    item: String,
    qty: u32,
    price: u32,
    note: String,
}

#[derive(Serialize, Deserialize)]
struct Total {
    total: u32,
    lines: u32,
}

#[service(role = "cart", cmd = "add")]
fn add(msg: Add) -> Total {
    Total { total: msg.qty * msg.price, lines: 1 }
}

/// As the prototype of the peers: all lines of one read are answered with one write.
async fn serve_bare(listener: TcpListener) {
    #[derive(Deserialize)]
    struct In<'a> {
        i: u64,
        #[serde(borrow)]
        m: &'a RawValue,
    }
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let (mut bytes, mut out) = (Vec::with_capacity(256 * 1024), Vec::new());
            while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
                let mut at = 0;
                while let Some(n) = bytes[at..].iter().position(|byte| *byte == b'\n') {
                    let one: In<'_> = serde_json::from_slice(&bytes[at..at + n]).unwrap();
                    let reply = add(serde_json::from_str(one.m.get()).unwrap());
                    write!(out, "{{\"i\":{},\"r\":", one.i).unwrap();
                    serde_json::to_writer(&mut out, &reply).unwrap();
                    out.extend_from_slice(b"}\n");
                    at += n + 1;
                }
                bytes.drain(..at);
                if stream.write_all(&out).await.is_err() {
                    return;
                }
                out.clear();
            }
        });
    }
}

type Waiting = HashMap<u64, oneshot::Sender<Total>>;

struct Bare {
    next: AtomicU64,
    state: Mutex<(Vec<u8>, Waiting)>,
    wake: Notify,
}

impl Bare {
    async fn open(port: u16) -> Arc<Bare> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let bare = Arc::new(Bare { next: AtomicU64::new(0), state: Mutex::default(), wake: Notify::new() });
        let it = Arc::clone(&bare);
        tokio::spawn(async move {
            let mut spare = Vec::new();
            loop {
                it.wake.notified().await;
                loop {
                    std::mem::swap(&mut it.state.lock().unwrap().0, &mut spare);
                    if spare.is_empty() {
                        break;
                    }
                    writer.write_all(&spare).await.unwrap();
                    spare.clear();
                }
            }
        });
        let it = Arc::clone(&bare);
        tokio::spawn(async move {
            #[derive(Deserialize)]
            struct Out {
                i: u64,
                r: Total,
            }
            let (mut bytes, mut done) = (Vec::with_capacity(64 * 1024), Vec::new());
            while reader.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
                let mut at = 0;
                {
                    let mut state = it.state.lock().unwrap();
                    while let Some(n) = bytes[at..].iter().position(|byte| *byte == b'\n') {
                        let one: Out = serde_json::from_slice(&bytes[at..at + n]).unwrap();
                        done.push((state.1.remove(&one.i).unwrap(), one.r));
                        at += n + 1;
                    }
                }
                for (tell, reply) in done.drain(..) {
                    let _ = tell.send(reply);
                }
                bytes.drain(..at);
            }
        });
        bare
    }

    async fn call(&self, message: &[u8]) -> Total {
        let (tell, came) = oneshot::channel();
        let was_empty = {
            let mut state = self.state.lock().unwrap();
            let was_empty = state.0.is_empty();
            let i = self.next.fetch_add(1, Ordering::Relaxed);
            write!(state.0, "{{\"i\":{i},\"m\":").unwrap();
            state.0.extend_from_slice(message);
            state.0.extend_from_slice(b"}\n");
            state.1.insert(i, tell);
            was_empty
        };
        if was_empty {
            self.wake.notify_one();
        }
        came.await.unwrap()
    }
}

enum Peer {
    Bare(Arc<Bare>),
    Ours(Arc<dyn Link>),
}

impl Peer {
    async fn call(&self, message: &Add) {
        let reply = match self {
            Peer::Bare(bare) => bare.call(&serde_json::to_vec(message).unwrap()).await,
            Peer::Ours(link) => {
                let mut bytes = br#"{"role":"cart","cmd":"add","#.to_vec();
                let start = bytes.len();
                serde_json::to_writer(&mut bytes, message).unwrap();
                bytes.remove(start);
                let mut head = Head::default();
                head.id = Some(Id::from_u128(1));
                head.budget = Some(Duration::from_secs(5));
                serde_json::from_slice(&link.call(&bytes, &head).await.unwrap()).unwrap()
            }
        };
        assert_eq!(reply.lines, 1);
    }
}

/// Calls per second with so many in flight.
async fn slice(peer: &Arc<Peer>, message: &Arc<Add>, in_flight: usize, time: Duration) -> f64 {
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let begin = Instant::now();
    let lanes: Vec<_> = (0..in_flight)
        .map(|_| {
            let (peer, message) = (Arc::clone(peer), Arc::clone(message));
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    peer.call(&message).await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    for lane in lanes {
        lane.await.unwrap();
    }
    #[allow(clippy::cast_precision_loss)]
    let calls = count.load(Ordering::Relaxed) as f64;
    calls / begin.elapsed().as_secs_f64()
}

/// Processor time of this process and the servers', in ticks.
fn ticks(servers: u32) -> u64 {
    let of = |process: String| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum::<u64>()
    };
    of("self".to_owned()) + of(servers.to_string())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn serve() {
    let bare = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bus = Bus::with(services![add]).unwrap();
    let ours = bus.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    println!("{} {}", bare.local_addr().unwrap().port(), ours.url().port().unwrap());
    serve_bare(bare).await;
}

fn start_servers() -> (Child, u16, u16) {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (bare, ours) = line.trim().split_once(' ').unwrap();
    (child, bare.parse().unwrap(), ours.parse().unwrap())
}

async fn compare() {
    let (mut servers, bare, ours) = start_servers();
    let link = Tcp::new().connect(&format!("tcp://127.0.0.1:{ours}").parse().unwrap()).unwrap();
    let peers = [Arc::new(Peer::Bare(Bare::open(bare).await)), Arc::new(Peer::Ours(link))];
    println!(
        "| bytes | in flight | bare calls/s | matchbus calls/s | ratio | bare cpu µs | matchbus cpu µs | ratio |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    for size in [150, 4096] {
        let note = "x".repeat(usize::max(size, 110) - 110);
        let message = Arc::new(Add { item: "sku-12345".into(), qty: 3, price: 250, note });
        for in_flight in [1, 64, 512] {
            let (mut rates, mut cpu) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
            for round in 0..8 {
                for (which, peer) in peers.iter().enumerate() {
                    let before = ticks(servers.id());
                    let time = Duration::from_millis(500);
                    let rate = slice(peer, &message, in_flight, time).await;
                    // The first round only warms up.
                    if round > 0 {
                        rates[which].push(rate);
                        #[allow(clippy::cast_precision_loss)]
                        let spent = (ticks(servers.id()) - before) as f64 * 10_000.0;
                        cpu[which].push(spent / (rate * time.as_secs_f64()));
                    }
                }
            }
            let [bare, ours] = rates.each_mut().map(|rates| median(rates));
            let [bare_cpu, our_cpu] = cpu.each_mut().map(|cpu| median(cpu));
            println!(
                "| {size} | {in_flight} | {bare:.0} | {ours:.0} | {:.2} | {bare_cpu:.1} | {our_cpu:.1} | {:.2} |",
                ours / bare,
                our_cpu / bare_cpu
            );
        }
    }
    servers.kill().unwrap();
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if std::env::args().nth(1).as_deref() == Some("serve") {
        runtime.block_on(serve());
    } else {
        runtime.block_on(compare());
    }
}
