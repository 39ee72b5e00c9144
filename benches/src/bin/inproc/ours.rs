//! What is measured of matchbus.

use std::hint::black_box;

use matchbus::pattern::Pattern;
use matchbus::{Bus, Call};

use crate::drive::Op;
use crate::message::{self, Add, add, lent};

/// A typed call whose message is lent to the handler.
pub(crate) struct ByRef(Call<Add>, Add);

impl ByRef {
    pub(crate) fn new() -> Self {
        let bus = Bus::with(matchbus::services![lent::add]).expect("one handler has no conflicts");
        ByRef(bus.prepare(), message::example())
    }
}

impl Op for ByRef {
    async fn call(&self, _: usize) {
        let _ = black_box(self.0.call_ref(black_box(&self.1)).await.expect("the handler cannot fail"));
    }
}

/// A typed call whose message is given away.
pub(crate) struct Owned(Call<Add>, Add);

impl Owned {
    pub(crate) fn new() -> Self {
        let bus = Bus::with(matchbus::services![add]).expect("one handler has no conflicts");
        Owned(bus.prepare(), message::example())
    }
}

impl Op for Owned {
    async fn call(&self, _: usize) {
        let _ = black_box(self.0.call(black_box(&self.1).clone()).await.expect("the handler cannot fail"));
    }
}

/// Bytes in, bytes out, routed among a thousand patterns.
pub(crate) struct Bytes(Bus, Vec<u8>);

impl Bytes {
    pub(crate) fn new() -> Self {
        let mut builder = Bus::builder().services(matchbus::services![add]);
        for n in 1..1000 {
            let pattern = Pattern::new([("role", "cart".to_owned()), ("cmd", format!("c{n}"))]);
            let pattern = pattern.expect("the keys are distinct");
            builder = builder.handle_json(pattern, |_| async { serde_json::Value::Null });
        }
        Bytes(builder.start().expect("the patterns are distinct"), message::example_bytes())
    }
}

impl Op for Bytes {
    async fn call(&self, _: usize) {
        drop(black_box(self.0.act_bytes(black_box(&self.1)).await.expect("the handler cannot fail")));
    }
}
