//! Layers of the user's, at named places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use matchbus::bus::{At, BoxError, Request, Response};
use matchbus::prelude::*;
use matchbus::services;
use serde_json::json;
use tower_layer::layer_fn;
use tower_service::Service;

#[service(role = "a")]
async fn a(_: Value, seen: State<AtomicUsize>) -> Value {
    seen.fetch_add(1, Ordering::SeqCst);
    json!("a")
}

#[service(role = "b")]
async fn b(_: Value, bus: Bus) -> Result<Value, matchbus::Error> {
    Ok(bus.act(json!({"role":"a"})).await?)
}

#[service(role = "once", effect(dedup))]
async fn once(_: Value, seen: State<AtomicUsize>) -> Value {
    (seen.fetch_add(1, Ordering::SeqCst) + 1).into()
}

#[service(role = "hang")]
async fn hang(_: Value) -> Value {
    std::future::pending().await
}

/// Notes what it sees before and after, and refuses on demand.
#[derive(Clone)]
struct Watch<S> {
    inner: S,
    name: &'static str,
    seen: Arc<std::sync::Mutex<Vec<String>>>,
}

impl<S> Service<Request> for Watch<S>
where
    S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, waker: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(waker)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (name, seen) = (self.name, Arc::clone(&self.seen));
        match request.meta().context("behave") {
            Some("refuse") => return Box::pin(async { Err("not today".into()) }),
            Some("own") => {
                return Box::pin(async { Err(matchbus::Error::refused("own words").into()) });
            }
            Some("panic") => panic!("a layer panics"),
            _ => {}
        }
        let pattern = request.pattern().to_owned();
        let after = request.meta().context("behave").map(str::to_owned);
        seen.lock().unwrap().push(format!("{name} {pattern} in"));
        let inner = self.inner.call(request);
        Box::pin(async move {
            let response = inner.await?;
            match after.as_deref() {
                Some("panic after") => panic!("a layer panics"),
                Some("refuse after") => return Err("not today".into()),
                Some("own after") => return Err(matchbus::Error::refused("own words").into()),
                _ => {}
            }
            let end = if response.failure().is_none() { "well" } else { "failed" };
            seen.lock().unwrap().push(format!("{name} {pattern} {end}"));
            Ok(response)
        })
    }
}

type Seen = Arc<std::sync::Mutex<Vec<String>>>;

fn watched() -> (Bus, Seen, Arc<AtomicUsize>) {
    watched_at(&[(At::Edge, "edge"), (At::Handler, "outer"), (At::Handler, "inner")])
}

fn watched_at(places: &[(At, &'static str)]) -> (Bus, Seen, Arc<AtomicUsize>) {
    let seen = Seen::default();
    let ran = Arc::new(AtomicUsize::new(0));
    let watch = |name: &'static str| {
        let seen = Arc::clone(&seen);
        layer_fn(move |inner| Watch { inner, name, seen: Arc::clone(&seen) })
    };
    let mut bus = Bus::builder().services(services![a, b, once, hang]).shared_state(Arc::clone(&ran));
    for (at, name) in places {
        bus = bus.layer(*at, watch(name));
    }
    (bus.start().unwrap(), seen, ran)
}

#[tokio::test]
async fn layers_stand_where_they_were_put_the_first_outermost() {
    let (bus, seen, _) = watched();
    assert_eq!(bus.act(json!({"role":"b"})).await.unwrap(), json!("a"));
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "edge role:b in",
            "outer role:b in",
            "inner role:b in",
            "outer role:a in",
            "inner role:a in",
            "inner role:a well",
            "outer role:a well",
            "inner role:b well",
            "outer role:b well",
            "edge role:b well"
        ]
    );
}

#[tokio::test]
async fn a_layer_that_refuses_keeps_the_handler_from_running() {
    let (bus, _, ran) = watched();
    for (behave, text) in [("refuse", "a layer refused the message: not today"), ("own", "own words")] {
        let error = bus.context("behave", behave).act(json!({"role":"a"})).await.unwrap_err();
        assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "refused"));
        assert!(error.to_string().contains(text), "{error}");
    }
    let error = bus.context("behave", "panic").act(json!({"role":"a"})).await.unwrap_err();
    assert_eq!(error.code(), "panic");
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

/// A handler that ran has run, whatever a layer does afterwards.
#[tokio::test]
async fn what_a_layer_does_afterwards_does_not_undo_the_run() {
    for at in [At::Edge, At::Handler] {
        let (bus, _, ran) = watched_at(&[(at, "only")]);
        let ended = async |role: &str, behave: &'static str| {
            let bus = bus.idempotency_key(format!("{role} {behave}")).context("behave", behave);
            let reply = bus.act(json!({ "role": role })).await;
            reply.map_err(|error| (error.outcome(), error.code()))
        };
        for (behave, code) in [("panic after", "panic"), ("own after", "refused")] {
            // No one is told that nothing was done: whoever hears that does it again.
            assert_eq!(ended("a", behave).await, Err((Outcome::Done, code.into())), "{at:?}");
            for _ in 0..2 {
                assert_eq!(ended("once", behave).await, Err((Outcome::Done, code.into())), "{at:?}");
            }
        }
        assert_eq!(ended("a", "refuse after").await, Ok(json!("a")));
        let first = ended("once", "refuse after").await;
        assert!(first.is_ok());
        assert_eq!(ended("once", "refuse after").await, first);
        // Each key once, and `a` three times.
        assert_eq!((ran.load(Ordering::SeqCst), bus.flows().of("role:once").replayed), (6, 3), "{at:?}");
        // Where the layer kept the handler from running nothing is remembered.
        for _ in 0..2 {
            assert_eq!(ended("once", "panic").await.unwrap_err().1, "panic");
        }
        assert_eq!((ran.load(Ordering::SeqCst), bus.flows().of("role:once").replayed), (6, 3), "{at:?}");
    }
}

/// Gives up after a second, as tower's own `Timeout` does.
#[derive(Clone)]
struct Impatient<S>(S);

impl<S> Service<Request> for Impatient<S>
where
    S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, waker: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(waker)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.0.call(request);
        Box::pin(async move { tokio::time::timeout(Duration::from_secs(1), inner).await? })
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_gives_up_cancels_the_handler() {
    let bus =
        Bus::builder().services(services![hang]).layer(At::Handler, layer_fn(Impatient)).start().unwrap();
    let begin = tokio::time::Instant::now();
    let error = bus.act(json!({"role":"hang"})).await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::from_secs(1));
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_behind_layers_too() {
    let (bus, seen, _) = watched();
    let begin = tokio::time::Instant::now();
    let error = bus.act(json!({"role":"hang"})).await.unwrap_err();
    assert_eq!((begin.elapsed(), error.code().as_str()), (Duration::from_secs(5), "deadline"));
    assert!(seen.lock().unwrap().contains(&"edge role:hang failed".to_owned()), "{seen:?}");
}

/// Waits before it hands on and after, or holds back for ever what it is not ready for.
#[derive(Clone)]
struct Holding<S> {
    inner: S,
    ready: bool,
    before: Duration,
    after: Duration,
}

impl<S> Service<Request> for Holding<S>
where
    S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
{
    type Response = Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Holding { mut inner, before, after, .. } = self.clone();
        Box::pin(async move {
            tokio::time::sleep(before).await;
            let response = inner.call(request).await;
            tokio::time::sleep(after).await;
            response
        })
    }
}

/// A bus whose messages have two seconds, with one layer.
fn held(at: At, ready: bool, before: Duration, after: Duration) -> (Bus, Arc<AtomicUsize>) {
    let ran = Arc::new(AtomicUsize::new(0));
    let bus = Bus::builder()
        .services(services![a, b, hang])
        .shared_state(Arc::clone(&ran))
        .timeout(Duration::from_secs(2))
        .layer(at, layer_fn(move |inner| Holding { inner, ready, before, after }))
        .start()
        .unwrap();
    (bus, ran)
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_holds_a_message_back_does_so_until_its_deadline_and_nothing_has_run() {
    for at in [At::Edge, At::Handler] {
        for (ready, before) in [(false, Duration::ZERO), (true, Duration::from_secs(10))] {
            let (bus, ran) = held(at, ready, before, Duration::ZERO);
            let begin = tokio::time::Instant::now();
            let called = tokio::time::timeout(Duration::from_mins(1), bus.act(json!({"role":"a"}))).await;
            let error = called.expect("a message has a deadline behind each layer").unwrap_err();
            assert_eq!(begin.elapsed(), Duration::from_secs(2), "{at:?}");
            assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::NotDone), "{at:?}");
            assert!(error.is_retryable() && error.to_string().contains("a layer held the message back"));
            assert_eq!(ran.load(Ordering::SeqCst), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_slow_afterwards_does_not_cost_the_reply() {
    for at in [At::Edge, At::Handler] {
        let (bus, ran) = held(at, true, Duration::ZERO, Duration::from_secs(10));
        let begin = tokio::time::Instant::now();
        assert_eq!(bus.act(json!({"role":"a"})).await.unwrap(), json!("a"));
        assert_eq!((begin.elapsed(), ran.load(Ordering::SeqCst)), (Duration::from_secs(2), 1), "{at:?}");
    }
}
