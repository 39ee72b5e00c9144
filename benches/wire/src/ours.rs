//! matchbus at either end.

use matchbus::pattern::Pattern;
use matchbus::prelude::*;
use matchbus::transport::{Exposed, Url};
use matchbus::{Bus, Call};

use crate::drive::Op;
use crate::message::{Add, add, check};
use crate::process;

/// Serves at a URL among a hundred handlers, as the peers do.
pub(crate) async fn serve(url: &str) {
    let mut builder = Bus::builder().services(matchbus::services![add]);
    for n in 1..100 {
        let pattern = Pattern::new([("role", "cart".to_owned()), ("cmd", format!("c{n}"))]);
        builder = builder.handle_json(pattern.expect("the keys are distinct"), |_| async { Value::Null });
    }
    let bus = builder.start().expect("the patterns are distinct");
    let listener = bus.listen(&at(url), &Exposed::All).await.expect("the port is free");
    process::ready(listener.url().port().expect("a listener has a port"));
    listener.ended().await;
}

/// Calls by a bus that has no handlers.
pub(crate) struct Calls {
    call: Call<Add>,
    message: Add,
    _bus: Bus,
}

impl Calls {
    /// Of the process at a URL.
    pub(crate) async fn of(url: &str, message: Add) -> Self {
        let bus = Bus::builder().start().expect("there is nothing that could be wrong");
        bus.connect(&at(url)).await.expect("the URL is right");
        let ours = Calls { call: bus.prepare(), message, _bus: bus };
        ours.call(0).await;
        ours
    }
}

impl Op for Calls {
    async fn call(&self, _: usize) {
        check(self.call.call_ref(&self.message).await.expect("the server answers"));
    }
}

fn at(url: &str) -> Url {
    url.parse().expect("the URL is well formed")
}
