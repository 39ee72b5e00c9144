//! What `Prior` hands on to other processes, beyond what `conformance/` holds every transport to: routes, peers that know no
//! places, keys, counts (rules M3, M6 and R7).
#![cfg(all(feature = "http", feature = "tcp"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::bus::{Builder, Route};
use matchbus::handler::BoxFuture;
use matchbus::prelude::*;
use matchbus::registry::Info;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Door, Exposed, Head, Link, Listener, Transport, Url};
use matchbus::{ErrorReply, services};
use serde_json::json;

const SCHEMES: [&str; 2] = ["tcp", "http"];

#[derive(Message, Serialize, Deserialize, Clone, Debug)]
#[message(role = "price", cmd = "get", reply(String), external)]
struct GetPrice {
    sku: String,
    tier: String,
}

type Reply = Result<String, CallError<matchbus::NoError>>;

#[derive(Default)]
struct Seen(AtomicUsize);

impl Seen {
    fn note(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[service(role = "price", cmd = "get", effect(read))]
fn get(_: GetPrice, seen: State<Seen>) -> String {
    seen.note();
    "get".into()
}

#[service(role = "price", effect(read))]
fn any(_: Value) -> Value {
    "any".into()
}

#[service(role = "price", cmd = "get", tier = "*", effect(read))]
async fn tiered(msg: GetPrice, usual: Prior<GetPrice>) -> Reply {
    Ok(format!("tiered {}", usual.call(msg).await?))
}

#[service(role = "price", cmd = "get", tier = "gold", effect(read))]
async fn gold(msg: GetPrice, usual: Prior<GetPrice>, seen: State<Seen>) -> Reply {
    seen.note();
    Ok(format!("gold {}", usual.call(msg).await?))
}

/// Hands on what is none of its own messages any more, and as JSON.
#[service(role = "price", cmd = "get", tier = "gift", effect(read))]
async fn gift(mut msg: Value, usual: Prior<Value>) -> Result<Value, CallError<ErrorReply>> {
    msg["tier"] = json!("none");
    usual.call(msg).await
}

/// Does without.
#[service(role = "price", cmd = "get", tier = "maybe", effect(read))]
async fn maybe(msg: GetPrice, usual: Option<Prior<GetPrice>>) -> Reply {
    match usual {
        Some(usual) => usual.call(msg).await,
        None => Ok("none".into()),
    }
}

#[service(role = "price", cmd = "get", overrides, rank(-1), effect(read))]
async fn dearer(msg: GetPrice, usual: Prior<GetPrice>) -> Reply {
    Ok(format!("dearer {}", usual.call(msg).await?))
}

fn price(tier: &str) -> GetPrice {
    GetPrice { sku: "tea".into(), tier: tier.into() }
}

/// A process in miniature: a bus that listens.
struct Process {
    bus: Bus,
    seen: Arc<Seen>,
    at: Listener,
}

impl Process {
    async fn start(scheme: &str, services: &[&'static [Info]]) -> Self {
        Process::start_with(scheme, services, |builder| builder).await
    }

    async fn start_with(
        scheme: &str,
        services: &[&'static [Info]],
        build: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let seen = Arc::new(Seen::default());
        let builder = Bus::builder().services(services).shared_state(Arc::clone(&seen)).in_part();
        let bus = build(builder).start().unwrap();
        let at =
            bus.listen(&format!("{scheme}://127.0.0.1:0").parse().unwrap(), &Exposed::All).await.unwrap();
        Process { bus, seen, at }
    }

    async fn knows(&self, others: &[&Process]) {
        for other in others {
            self.bus.connect(other.at.url()).await.unwrap();
        }
    }
}

fn route(pin: &str, to: &Process) -> Route {
    Route::consume(pin.parse().unwrap(), [to.at.url().clone()])
}

#[tokio::test]
async fn the_better_one_elsewhere_is_before_the_next_one_here() {
    for scheme in SCHEMES {
        let far = Process::start(scheme, services![tiered, any, ..]).await;
        let near = Process::start(scheme, services![gold, get, ..]).await;
        near.knows(&[&far]).await;
        far.knows(&[&near]).await;
        assert_eq!(near.bus.call(price("gold")).await.unwrap(), "gold tiered get");
        let message = json!({"role": "price", "cmd": "get", "sku": "tea", "tier": "gold"});
        assert_eq!(near.bus.act(message).await.unwrap(), "gold tiered get", "any JSON");
        // Of equals the one here.
        let equal = Process::start(scheme, services![get, ..]).await;
        near.knows(&[&equal]).await;
        assert_eq!(near.bus.extend("x", 1).call(price("gold")).await.unwrap(), "gold tiered get");
        assert_eq!((near.seen.count(), equal.seen.count()), (6, 0));
    }
}

#[tokio::test]
async fn an_override_hands_on_to_what_it_replaces_whatever_the_ranks() {
    for scheme in SCHEMES {
        let base = Process::start(scheme, services![get, any, ..]).await;
        let near = Process::start(scheme, services![dearer, ..]).await;
        near.knows(&[&base]).await;
        base.knows(&[&near]).await;
        for bus in [&near.bus, &base.bus] {
            assert_eq!(bus.call(price("none")).await.unwrap(), "dearer get");
        }
        let caller = Bus::builder().start().unwrap();
        caller.connect(base.at.url()).await.unwrap();
        assert_eq!(caller.call(price("none")).await.unwrap(), "get", "what comes in is not sent on");
        caller.connect(near.at.url()).await.unwrap();
        assert_eq!(caller.call(price("none")).await.unwrap(), "dearer get");
        let caller = caller.extend("tier", "x");
        assert_eq!(
            caller.act(json!({"role": "price", "cmd": "get", "sku": "a"})).await.unwrap(),
            "dearer get"
        );
    }
}

#[tokio::test]
async fn routes_say_who_is_behind() {
    for scheme in SCHEMES {
        let base = Process::start(scheme, services![get, ..]).await;
        let other = Process::start(scheme, services![gold, ..]).await;
        // One table for all processes: the first of its routes leads to where the special case is.
        let table = || [route("role:price,cmd:get,tier:gold", &other), route("role:price", &base)];
        let near = Process::start_with(scheme, services![gold, ..], |builder| builder.routes(table())).await;
        assert_eq!(near.bus.call(price("gold")).await.unwrap(), "gold get");
        assert_eq!((near.seen.count(), other.seen.count(), base.seen.count()), (1, 0, 1));
        // What is here wins, unless told otherwise.
        for past in [false, true] {
            let to_base = route("role:price,cmd:get", &base);
            let to_base = if past { to_base.skip_local() } else { to_base };
            let build = |builder: Builder| builder.route(to_base);
            let near = Process::start_with(scheme, services![gold, any, ..], build).await;
            let answer = near.bus.call(price("gold")).await.unwrap();
            assert_eq!(answer, if past { "get" } else { "gold any" }, "the special case is passed, too");
            let build = |builder: Builder| {
                let gold = route("role:price,cmd:get,tier:gold", &other);
                let to_base = route("role:price,cmd:get", &base);
                builder.routes([gold, if past { to_base.skip_local() } else { to_base }])
            };
            let near = Process::start_with(scheme, services![gold, any, ..], build).await;
            let answer = near.bus.call(price("gold")).await.unwrap();
            assert_eq!(answer, if past { "gold get" } else { "gold any" });
        }
    }
}

#[tokio::test]
async fn a_seneca_behind_is_known_by_its_pin() {
    for scheme in ["seneca+tcp", "seneca+http"] {
        let base = Process::start(scheme, services![get, ..]).await;
        let near = Process::start("tcp", services![gold, dearer, ..]).await;
        let url: Url = format!("{}?pin=role:price,cmd:get", base.at.url()).parse().unwrap();
        near.bus.connect(&url).await.unwrap();
        assert_eq!(near.bus.call(price("gold")).await.unwrap(), "gold dearer get");
        assert_eq!(base.seen.count(), 1);
    }
}

#[tokio::test]
async fn a_message_that_was_changed_goes_to_who_comes_after() {
    let base = Process::start("tcp", services![get, gold, ..]).await;
    let near = Process::start("tcp", services![gift, ..]).await;
    near.knows(&[&base]).await;
    let message = json!({"role": "price", "cmd": "get", "sku": "tea", "tier": "gift"});
    assert_eq!(near.bus.act(message.clone()).await.unwrap(), "get");
    let alone = Bus::builder().services(services![gift, get, ..]).state(Seen::default()).start().unwrap();
    assert_eq!(alone.act(message).await.unwrap(), "get");
}

#[tokio::test]
async fn an_optional_one_is_there_where_somebody_is_known() {
    let base = Process::start("tcp", services![get, ..]).await;
    let near = Process::start("tcp", services![maybe, ..]).await;
    assert_eq!(near.bus.call(price("maybe")).await.unwrap(), "none");
    near.knows(&[&base]).await;
    assert_eq!(near.bus.call(price("maybe")).await.unwrap(), "get");
}

/// A link to a process of another make: places do not travel.
#[derive(Debug)]
struct Forgets(Tcp);

#[derive(Debug)]
struct ForgetsLink(Arc<dyn Link>);

impl Transport for Forgets {
    fn schemes(&self) -> &'static [&'static str] {
        &["forgets"]
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>, matchbus::Error> {
        let url = url.to_string().replace("forgets", "tcp").parse()?;
        Ok(Arc::new(ForgetsLink(self.0.connect(&url)?)))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener, matchbus::Error>> {
        self.0.listen(url, door)
    }
}

impl Link for ForgetsLink {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move {
            let mut head = head.clone();
            head.below = None;
            self.0.call(message, &head).await
        })
    }

    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<(), matchbus::Error>> {
        self.0.send(message, head)
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, matchbus::Error>> {
        self.0.catalogue()
    }
}

#[tokio::test]
async fn peers_that_know_no_places_are_asked_in_a_circle_until_the_guard_ends_it() {
    let forgets = |builder: Builder| builder.transport(Forgets(Tcp::new()));
    let one = Process::start_with("tcp", services![gold, ..], forgets).await;
    let two = Process::start_with("tcp", services![gold, ..], forgets).await;
    let at = |process: &Process| format!("{}?pin=role:price", process.at.url()).replace("tcp", "forgets");
    one.bus.connect(&at(&two).parse().unwrap()).await.unwrap();
    two.bus.connect(&at(&one).parse().unwrap()).await.unwrap();
    let error = one.bus.call(price("gold")).await.unwrap_err();
    assert!(error.to_string().contains("call each other in circles"), "{error}");
    assert_eq!((one.seen.count(), two.seen.count()), (17, 16), "the edge and 32 nested ones");
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "pay", reply(Vec<usize>), external)]
struct Charge {
    cents: u32,
    tier: String,
}

#[service(role = "pay", effect(dedup))]
fn charge(_: Charge, seen: State<Seen>) -> Vec<usize> {
    vec![seen.note()]
}

/// In two parts.
#[service(role = "pay", tier = "gold")]
async fn charge_gold(msg: Charge, prior: Prior<Charge>) -> Result<Vec<usize>, CallError<matchbus::NoError>> {
    let first = prior.call(Charge { cents: 1, ..msg.clone() }).await?;
    Ok([first, prior.call(msg).await?].concat())
}

#[tokio::test]
async fn what_is_handed_on_under_a_key_runs_once_for_each_message() {
    for scheme in SCHEMES {
        let base = Process::start(scheme, services![charge, ..]).await;
        let one = Process::start(scheme, services![charge_gold, ..]).await;
        let two = Process::start(scheme, services![charge_gold, ..]).await;
        one.knows(&[&base]).await;
        two.knows(&[&base]).await;
        let message = json!({"role": "pay", "cents": 5, "tier": "gold"});
        for bus in [&one.bus, &two.bus, &one.bus] {
            let reply = bus.idempotency_key("order 7").act(message.clone()).await.unwrap();
            assert_eq!(reply, json!([1, 2]), "{scheme}");
        }
        assert_eq!(one.bus.idempotency_key("order 8").act(message.clone()).await.unwrap(), json!([3, 4]));
        assert_eq!(one.bus.act(message).await.unwrap(), json!([5, 6]), "without a key each is new");
        assert_eq!(base.bus.flows().flows[0].counts.replayed, 4);
    }
}

#[tokio::test]
async fn what_is_handed_on_counts_once_on_each_side() {
    for scheme in SCHEMES {
        let base = Process::start(scheme, services![get, ..]).await;
        let near = Process::start(scheme, services![gold, ..]).await;
        near.knows(&[&base]).await;
        for _ in 0..3 {
            near.bus.call(price("gold")).await.unwrap();
        }
        let (here, there) = (near.bus.flows(), base.bus.flows());
        assert_eq!((here.flows[0].counts.replied, here.unrouted), (3, 0));
        assert_eq!((there.flows[0].counts.replied, there.unrouted), (3, 0));
        let out: Vec<_> =
            here.outgoing.iter().map(|out| (&*out.pattern, out.messages, out.attempts)).collect();
        assert_eq!(out, [("cmd:get,role:price", 3, 3)]);
    }
}
