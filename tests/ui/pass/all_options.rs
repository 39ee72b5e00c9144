#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

use matchbus::registry::Effect;
use std::time::Duration;

#[service(
    role = "cart",
    effect(dedup("1h")),
    alternative,
    rank(-3),
    timeout("500ms"),
    concurrency(8),
    group("carts"),
    crate(::matchbus),
)]
async fn all(_: Value) {}

#[service(role = "a", effect(read), overrides, group(carts))]
async fn read(_: Value) {}

#[service(role = "b", effect(idempotent))]
async fn idempotent(_: Value) {}

#[service(role = "c", effect(accept_duplicates))]
async fn duplicates(_: Value) {}

#[service(role = "d", effect(dedup), timeout("1m"))]
async fn dedup(_: Value) {}

fn main() {
    let i = info::<all>();
    assert_eq!(i.effect, Effect::Dedup { window: Duration::from_secs(3600) });
    assert!(i.alternative && i.ranked && !i.overrides);
    assert_eq!((i.rank, i.concurrency, i.group), (-3, Some(8), Some("carts")));
    assert_eq!(i.timeout, Some(Duration::from_millis(500)));
    assert_eq!(info::<read>().effect, Effect::Read);
    assert!(info::<read>().overrides);
    assert_eq!(info::<read>().group, Some("carts"));
    assert_eq!(info::<idempotent>().effect, Effect::Idempotent);
    assert_eq!(info::<duplicates>().effect, Effect::AcceptDuplicates);
    assert_eq!(info::<dedup>().effect, Effect::Dedup { window: Duration::from_secs(600) });
}
