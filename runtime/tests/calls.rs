//! Calls in one process: who answers, what comes back, what counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use matchbus::prelude::*;
use matchbus::{ErrorReply, services};
use serde_json::json;

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[message(role = "cart", cmd = "add", reply(Cart), error(CartError), context(tier, shard))]
struct AddItem {
    sku: String,
    qty: u32,
    kind: Option<Kind>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Digital,
    Goods,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Cart {
    by: String,
    lines: u32,
}

#[derive(AppError, Serialize, Deserialize, Debug, PartialEq, Clone)]
enum CartError {
    #[app_error(code("sold-out"), retryable, status(409))]
    SoldOut { left: u32 },
    #[app_error(status(404))]
    NoSuchSku,
}

impl std::fmt::Display for CartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CartError::SoldOut { left } => write!(f, "only {left} left"),
            CartError::NoSuchSku => f.write_str("no such sku"),
        }
    }
}

impl std::error::Error for CartError {}

fn cart(by: &str, lines: u32) -> Cart {
    Cart { by: by.into(), lines }
}

#[service(role = "cart", cmd = "add", effect(idempotent))]
async fn add(msg: AddItem) -> Result<Cart, CartError> {
    match (&*msg.sku, msg.qty) {
        ("none", _) => Err(CartError::NoSuchSku),
        (_, qty) if qty > 100 => Err(CartError::SoldOut { left: 100 }),
        (_, qty) => Ok(cart("add", qty)),
    }
}

#[service(role = "cart", cmd = "add", tier = "gold", rank(1))]
async fn add_gold(msg: AddItem, prior: Prior<AddItem>) -> Result<Cart, CallError<CartError>> {
    let cart = prior.call(msg).await?;
    Ok(Cart { by: format!("gold, then {}", cart.by), ..cart })
}

#[service(role = "cart", cmd = "add", kind = "digital")]
fn add_digital(msg: &AddItem) -> Cart {
    cart("digital", msg.qty)
}

#[service(role = "raw", cmd = "echo")]
fn echo(msg: Value) -> Value {
    msg
}

#[service(role = "raw", cmd = "fail")]
async fn fail(_: Value) -> Result<Value, ErrorReply> {
    Err(ErrorReply::new("nope", "said no"))
}

fn bus() -> Bus {
    Bus::with(services![add, add_gold, add_digital, echo, fail]).unwrap()
}

fn item(sku: &str, qty: u32) -> AddItem {
    AddItem { sku: sku.into(), qty, kind: None }
}

#[tokio::test]
async fn a_typed_call_is_answered_by_its_handler() {
    assert_eq!(bus().call(item("tea", 2)).await, Ok(cart("add", 2)));
}

#[tokio::test]
async fn the_function_stays_callable_as_written() {
    assert_eq!(add(item("tea", 2)).await, Ok(cart("add", 2)));
    assert_eq!(add_digital(&item("song", 1)), cart("digital", 1));
}

#[tokio::test]
async fn a_field_of_the_message_can_make_it_a_special_case() {
    let song = AddItem { kind: Some(Kind::Digital), ..item("song", 1) };
    let tea = AddItem { kind: Some(Kind::Goods), ..item("tea", 1) };
    assert_eq!(bus().call(song.clone()).await.unwrap().by, "digital");
    assert_eq!(bus().call(tea).await.unwrap().by, "add");
    assert_eq!(bus().prepare::<AddItem>().call_ref(&song).await.unwrap().by, "digital");
}

#[tokio::test]
async fn a_key_that_was_added_can_make_it_a_special_case_and_prior_goes_on() {
    let gold = bus().extend("tier", "gold");
    assert_eq!(gold.call(item("tea", 2)).await.unwrap().by, "gold, then add");
    let reply = bus().act(json!({"role":"cart","cmd":"add","sku":"tea","qty":2,"tier":"gold"})).await;
    assert_eq!(reply, Ok(json!({"by":"gold, then add","lines":2})));
    // Three keys and three keys: the one with the higher rank wins, and its prior is the other one.
    let both = json!({"role":"cart","cmd":"add","sku":"song","qty":1,"tier":"gold","kind":"digital"});
    assert_eq!(bus().act(both).await, Ok(json!({"by":"gold, then digital","lines":1})));
}

#[tokio::test]
async fn the_services_own_errors_come_back_typed() {
    let error = bus().call(item("none", 1)).await.unwrap_err();
    assert_eq!(error.app(), Some(&CartError::NoSuchSku));
    assert_eq!(
        (error.outcome(), error.code().as_str(), error.is_retryable()),
        (Outcome::Done, "no-such-sku", false)
    );
    let error = bus().call(item("tea", 101)).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_retryable()), ("sold-out", true));
    // Through JSON, in the form that everybody can read.
    let error = bus().act(json!({"role":"cart","cmd":"add","sku":"tea","qty":101})).await.unwrap_err();
    let reply = error.to_reply();
    assert_eq!((reply.code.as_str(), reply.message.as_str()), ("sold-out", "only 100 left"));
    assert_eq!((reply.retryable, reply.status), (true, 409));
    assert_eq!(reply.details, json!({"SoldOut":{"left":100}}));
    // Through JSON and back into the caller's type.
    let error = bus().extend("tier", "gold").call(item("none", 1)).await.unwrap_err();
    assert_eq!(error.app(), Some(&CartError::NoSuchSku));
}

#[derive(Message, Serialize, Deserialize, Debug, PartialEq)]
#[message(role = "cart", cmd = "add", reply(Lines), error(OtherError))]
struct AddFromElsewhere {
    sku: String,
    qty: u64,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Lines {
    lines: u64,
}

#[derive(AppError, Serialize, Deserialize, Debug, PartialEq)]
enum OtherError {
    #[app_error(retryable)]
    SoldOut { left: u32 },
}

impl std::fmt::Display for OtherError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sold out")
    }
}

impl std::error::Error for OtherError {}

#[tokio::test]
async fn different_types_for_one_pattern_meet_in_json() {
    let from = |sku: &str, qty| AddFromElsewhere { sku: sku.into(), qty };
    assert_eq!(bus().call(from("tea", 3)).await, Ok(Lines { lines: 3 }));
    let error = bus().call(from("tea", 101)).await.unwrap_err();
    assert_eq!(error, CallError::App(OtherError::SoldOut { left: 100 }));
    // An error that the caller's type does not have is told, not lost.
    let error = bus().call(from("none", 1)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Done);
    assert!(error.to_string().contains("no such sku (no-such-sku)"), "{error}");
}

#[tokio::test]
async fn json_of_any_shape_goes_in_and_out() {
    let message =
        json!({"role":"raw","cmd":"echo","deep":{"list":[1,2.5,null,"x"]},"key \" with quotes":true});
    assert_eq!(bus().act(message.clone()).await, Ok(message));
    let error = bus().act(json!({"role":"raw","cmd":"fail"})).await.unwrap_err();
    assert_eq!(error.app().map(|reply| reply.code.as_str()), Some("nope"));
}

#[tokio::test]
async fn nobody_answers_and_it_is_told_who_came_near() {
    let bus = bus();
    let error = bus.act(json!({"role":"cart","cmd":"ad"})).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "no-handler"));
    assert!(error.to_string().contains("cmd:add,role:cart"), "{error}");
    assert_eq!(bus.flows().unrouted, 1);
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "advice", cmd = "get", reply(String))]
struct GetAdvice {}

#[tokio::test]
async fn a_default_stands_in_for_a_service_that_is_away_and_not_for_its_errors() {
    assert_eq!(bus().call_or(GetAdvice {}, "none today".into()).await.unwrap(), "none today");
    let reply = bus().act_or(json!({"role":"advice"}), json!("none")).await;
    assert_eq!(reply, Ok(json!("none")));
    assert_eq!(bus().call_or(item("none", 1), cart("default", 0)).await, Err(CartError::NoSuchSku));
}

/// Keeps the warnings of matchbus.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::field::Visit for Warnings {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push(format!("{value:?}"));
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, about: &tracing::Metadata<'_>) -> bool {
        *about.level() <= tracing::Level::WARN && about.target().starts_with("matchbus")
    }
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_default_that_hides_a_mistake_is_told() {
    let warnings = Warnings::default();
    let _kept = tracing::subscriber::set_default(warnings.clone());
    assert_eq!(bus().call_or(GetAdvice {}, "none today".into()).await.unwrap(), "none today");
    assert_eq!(*warnings.0.lock().unwrap(), Vec::<String>::new());
    let reply = bus().act_or(json!({"role":"cart","cmd":"add","sku":1}), json!("none")).await;
    assert_eq!(reply, Ok(json!("none")));
    let told = warnings.0.lock().unwrap().join("\n");
    assert!(told.contains("was given its default") && told.contains("$.sku"), "{told}");
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "log", cmd = "put", reply(Vec<String>))]
struct Put {
    line: String,
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

#[services(role = "log")]
impl Log {
    #[service(cmd = "put")]
    async fn put(&self, msg: Put) -> Vec<String> {
        let mut lines = self.0.lock().unwrap();
        lines.push(msg.line);
        lines.clone()
    }
}

#[tokio::test]
async fn methods_of_a_state_are_handlers() {
    let bus = Bus::builder().services(services![Log]).state(Log::default()).start().unwrap();
    bus.call(Put { line: "a".into() }).await.unwrap();
    assert_eq!(bus.call(Put { line: "b".into() }).await.unwrap(), ["a", "b"]);
}

mod overriding {
    use super::*;

    #[service(role = "log", cmd = "put", overrides)]
    pub(crate) async fn put(msg: Put, prior: Prior<Put>) -> Result<Vec<String>, matchbus::Error> {
        let line = format!("[{}]", msg.line);
        Ok(prior.call(Put { line }).await?)
    }
}

#[tokio::test]
async fn an_override_replaces_the_equal_pattern_and_can_call_it() {
    for services in [services![Log, overriding::put], services![overriding::put, Log]] {
        let bus = Bus::builder().services(services).state(Log::default()).start().unwrap();
        assert_eq!(bus.call(Put { line: "a".into() }).await.unwrap(), ["[a]"]);
        assert_eq!(
            bus.act(json!({"role":"log","cmd":"put","line":"b"})).await.unwrap(),
            json!(["[a]", "[b]"])
        );
    }
}

#[test]
fn the_catalogue_names_what_a_handler_hands_on_to() {
    let services = services![Log, overriding::put, add, add_gold, add_digital, any_raw, fallback, ..];
    let catalogue = matchbus::registry::Catalogue::of(services.iter().copied().flatten());
    let prior = |pattern: &str, handler: &str| {
        let is_it = |one: &&matchbus::registry::Handler| one.pattern == pattern && one.handler == handler;
        let prior = catalogue.handlers.iter().find(is_it).unwrap().prior.as_ref();
        prior.map(|prior| format!("{} {}", prior.handler, prior.pattern))
    };
    let log = prior("cmd:put,role:log", "put").unwrap();
    assert!(log.ends_with("::Log::put cmd:put,role:log"), "{log}");
    assert_eq!(prior("cmd:put,role:log", "Log::put"), None);
    let gold = prior("cmd:add,role:cart,tier:gold", "add_gold").unwrap();
    assert!(gold.ends_with("::add cmd:add,role:cart"), "{gold}");
    let any = prior("cmd:*,role:raw", "any_raw").unwrap();
    assert!(any.ends_with("::fallback role:raw"), "{any}");
    assert_eq!(prior("role:raw", "fallback"), None);
}

#[service(role = "raw", cmd = "*", rank(-1))]
async fn any_raw(msg: Value, prior: Option<Prior<Value>>, next: Option<Call<GetAdvice>>) -> Value {
    json!({"any": msg["cmd"], "prior": prior.is_some(), "advice": next.is_some()})
}

#[service(role = "raw")]
async fn fallback(msg: Value) -> Value {
    json!({"fallback": msg["cmd"]})
}

#[tokio::test]
async fn optional_arguments_are_none_where_there_is_nothing() {
    let alone = Bus::with(services![any_raw]).unwrap();
    let reply = alone.act(json!({"role":"raw","cmd":"x"})).await.unwrap();
    assert_eq!(reply, json!({"any":"x","prior":false,"advice":false}));
    let bus = Bus::builder()
        .services(services![any_raw, fallback])
        .handle(|_: GetAdvice| async { "tea".to_owned() })
        .start()
        .unwrap();
    let reply = bus.act(json!({"role":"raw","cmd":"x"})).await.unwrap();
    assert_eq!(reply, json!({"any":"x","prior":true,"advice":true}));
}

#[tokio::test]
async fn closures_answer_typed_messages_and_json() {
    let calls = std::sync::Arc::new(AtomicU32::new(0));
    let counting = std::sync::Arc::clone(&calls);
    let bus = Bus::builder()
        .handle(move |_: GetAdvice| {
            let n = counting.fetch_add(1, Ordering::Relaxed);
            async move { format!("advice {n}") }
        })
        .handle_json("area:eu".parse().unwrap(), |msg: Value| async move { msg["area"].clone() })
        .start()
        .unwrap();
    assert_eq!(bus.call(GetAdvice {}).await.unwrap(), "advice 0");
    assert_eq!(bus.act(json!({"area":"eu"})).await.unwrap(), json!("eu"));
}

#[tokio::test]
async fn text_comparison_is_an_option_of_the_bus() {
    let start = |compare| {
        let one = "n:1".parse().unwrap();
        Bus::builder().compare(compare).handle_json(one, |_: Value| async { json!("one") }).start().unwrap()
    };
    let text = json!({"n": "1"});
    assert!(start(matchbus::pattern::Compare::Typed).act(text.clone()).await.is_err());
    assert_eq!(start(matchbus::pattern::Compare::Text).act(text).await.unwrap(), json!("one"));
}

#[tokio::test]
async fn every_message_is_counted_by_pattern_and_outcome() {
    let bus = bus();
    bus.call(item("tea", 1)).await.unwrap();
    bus.call(item("tea", 1)).await.unwrap();
    bus.call(item("none", 1)).await.unwrap_err();
    let _ = bus.act(json!({"role":"cart","cmd":"add","sku":7})).await.unwrap_err();
    let counts = bus.flows().of("cmd:add,role:cart");
    assert_eq!(
        (counts.started, counts.replied, counts.failed, counts.not_done, counts.unknown),
        (4, 2, 1, 1, 0)
    );
    assert_eq!(bus.flows().in_flight(), 0);
    let table = bus.flows().to_string();
    assert!(table.contains("cmd:add,role:cart") && table.contains("calls::add"), "{table}");
}
