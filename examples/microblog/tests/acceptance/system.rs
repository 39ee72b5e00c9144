//! The microblog as it runs: in one process, or one for each service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use matchbus::Bus;
use matchbus::registry::Catalogue;
use microblog as _;

use crate::browser::{Browser, Page};
use crate::node::Reserve;
use crate::process::{Process, Starting};

/// How the services are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    One,
    /// One process for each service, and one for each shard, over this transport.
    Many(&'static str),
    /// The same, with a Seneca as the reserve service.
    WithSeneca(&'static str),
}

/// Who is started after whom. A process that has just started asks the others what they answer, and until then
/// publishes only to those that it knows; so those that hear come before those that tell.
const WAVES: [&[&str]; 3] = [
    &["entry_store", "timeline0", "timeline1", "index", "fanout", "follow", "reserve"],
    &["entry_cache", "timeline_shard"],
    &["post", "api", "home", "mine", "search", "front"],
];

/// Processes that a test may start later; the others know their addresses from the beginning.
const LATER: [&str; 2] = ["post2", "index2"];

pub(crate) struct System {
    pub(crate) shape: Shape,
    pub(crate) browser: Browser,
    /// Sends what no page can.
    pub(crate) bus: Bus,
    processes: BTreeMap<String, Process>,
    /// The addresses of all that there may be.
    addresses: BTreeMap<String, String>,
    reserve: Option<Reserve>,
}

impl System {
    pub(crate) async fn start(shape: Shape) -> Self {
        let bus = Bus::builder().in_part().start().unwrap();
        let mut system = System {
            shape,
            browser: Browser::new(),
            bus,
            processes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            reserve: None,
        };
        match shape {
            Shape::One => {
                let args = ["--listen".to_owned(), "http://127.0.0.1:0".to_owned()];
                let one = Starting::new("all", &args).ready(true).await;
                system.bus.connect(&one.listens[0]).await.unwrap();
                system.processes.insert("all".to_owned(), one);
            }
            Shape::Many(scheme) | Shape::WithSeneca(scheme) => system.start_many(scheme).await,
        }
        system
    }

    async fn start_many(&mut self, scheme: &str) {
        let names: Vec<&str> = WAVES.into_iter().flatten().copied().chain(LATER).collect();
        let ports = free_ports(names.len());
        for (name, port) in names.iter().zip(ports) {
            self.addresses.insert((*name).to_owned(), format!("{scheme}://127.0.0.1:{port}"));
            if *name == "reserve" && matches!(self.shape, Shape::WithSeneca(_)) {
                let address = format!("seneca+{scheme}://127.0.0.1:{port}?pin=reserve:*");
                self.addresses.insert("reserve".to_owned(), address);
                self.reserve = Some(Reserve::start(scheme, port).await);
            }
        }
        for wave in WAVES {
            let wave = wave.iter().filter(|name| **name != "reserve" || self.reserve.is_none());
            let starting: Vec<(&str, Starting)> =
                wave.map(|name| (*name, Starting::new(name, &self.arguments(name, &[])))).collect();
            for (name, process) in starting {
                self.processes.insert(name.to_owned(), process.ready(name == "front").await);
            }
        }
        for name in ["timeline_shard", "reserve"] {
            self.bus.connect(&self.addresses[name].parse().unwrap()).await.unwrap();
        }
    }

    /// Starts one of those that come later; with `observes` it tells these of what they want to hear, besides.
    pub(crate) async fn start_later(&mut self, name: &str, observes: &[&str]) {
        let process = Starting::new(name, &self.arguments(name, observes)).ready(false).await;
        self.processes.insert(name.to_owned(), process);
    }

    /// The flags of a process: its service, where it listens, and those whom its signatures say that it needs.
    fn arguments(&self, name: &str, observes: &[&str]) -> Vec<String> {
        let service = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let needed = needs(service);
        let mut args = vec!["--only".to_owned(), service.to_owned()];
        let mut flag = |name: &str, value: &str| args.extend([name.to_owned(), value.to_owned()]);
        flag("--listen", &self.addresses[name]);
        if !self.addresses[name].starts_with("http") {
            // For the counts.
            flag("--listen", "http://127.0.0.1:0");
        }
        if let Some(shard) = name.strip_prefix("timeline").filter(|shard| shard.len() == 1) {
            flag("--with", &format!("shard={shard}"));
        }
        for (other, address) in &self.addresses {
            let service = other.trim_end_matches(|c: char| c.is_ascii_digit());
            if observes.contains(&other.as_str()) {
                flag("--bus", &format!("{address}?observe=info:entry"));
            } else if other != name && other != "index2" && needed.contains(service) {
                flag("--bus", address);
            }
        }
        args
    }

    pub(crate) async fn kill(&mut self, name: &str) {
        self.processes.remove(name).unwrap().kill().await;
    }

    /// The page at this path.
    pub(crate) async fn page(&self, path: &str) -> Page {
        self.browser.get(&format!("{}{path}", self.pages())).await
    }

    /// Sends a form, which must succeed.
    pub(crate) async fn submit(&self, path: &str, form: &str) {
        let page = self.browser.post(&format!("{}{path}", self.pages()), form).await;
        assert_eq!(page.status, 303, "{path} {form}: {}", page.text);
    }

    pub(crate) fn pages(&self) -> &str {
        self.processes.values().find_map(|process| process.pages.as_deref()).unwrap()
    }

    /// How many messages each handler was given, by process and pattern.
    pub(crate) async fn counts(&self) -> BTreeMap<(String, String), u64> {
        let mut counts = BTreeMap::new();
        for process in self.processes.values() {
            let http = process.listens.iter().find(|url| url.scheme() == "http").unwrap();
            let metrics = self.browser.get(&format!("http://{}/metrics", http.authority(80))).await.text;
            for line in
                metrics.lines().filter_map(|line| line.strip_prefix("matchbus_messages_total{pattern=\""))
            {
                let (pattern, rest) = line.split_once('"').unwrap();
                let count: u64 = rest.rsplit_once(' ').unwrap().1.parse().unwrap();
                *counts.entry((process.service.clone(), pattern.to_owned())).or_default() += count;
            }
        }
        counts
    }

    /// How many messages each pattern had in all processes; a shard is a shard.
    pub(crate) async fn deliveries(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((_, pattern), count) in self.counts().await {
            let pattern = pattern.replace("shard:0", "shard:*").replace("shard:1", "shard:*");
            *sums.entry(pattern).or_default() += count;
        }
        sums
    }

    pub(crate) async fn reserve_counts(&mut self) -> serde_json::Value {
        self.reserve.as_mut().unwrap().counts().await
    }
}

/// The services that this one needs, as its handlers declare them; the front has none that does.
fn needs(service: &str) -> BTreeSet<String> {
    if service == "front" {
        return ["api", "home", "mine", "search"].map(str::to_owned).into();
    }
    let handlers = Catalogue::discover().handlers.into_iter().filter(|handler| handler.service == service);
    let outputs = handlers.flat_map(|handler| handler.outputs).flat_map(|output| output.answered_by);
    outputs.filter_map(|handler| handler.split_once("::").map(|(service, _)| service.to_owned())).collect()
}

/// Ports that are free, and below those that systems give to whoever asks for any: between the look and the start of
/// the process that is to listen there, some connection could be given one of those.
fn free_ports(count: usize) -> Vec<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 180).unwrap_or_default() * 100;
    let all = std::iter::from_fn(|| Some(first + NEXT.fetch_add(1, Ordering::Relaxed)));
    all.filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).take(count).collect()
}

/// Looks again until what is looked for is there. What is sent and published comes later, and neither a page nor a
/// counter tells when: so these are asked again, and after ten seconds it is a failure.
pub(crate) async fn until<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: T,
    look: impl AsyncFn() -> T,
) {
    let end = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let seen = look().await;
        if seen == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{what}: expected {expected:?}, and there is {seen:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
