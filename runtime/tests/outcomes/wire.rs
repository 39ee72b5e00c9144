//! A wire between buses of one test, in the test's own time, which does to messages what it is told.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchbus::handler::BoxFuture;
use matchbus::transport::{Door, Head, Link, Listener, Transport, Url};
use matchbus::{CallError, Error, ErrorReply, Receipt};

/// What happens to one message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It comes to nobody.
    LoseRequest,
    /// It is handled, and its reply comes to nobody.
    LoseReply,
    /// It is handled, and the connection breaks before its reply came.
    Break,
    /// It is handled, and the connection breaks so much later.
    BreakLater(Duration),
    /// It takes this long to get there.
    Late(Duration),
    /// The other side is full and refuses it.
    Full,
    /// There is no other side.
    Away,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    doors: BTreeMap<String, Door>,
    /// For the next messages, whoever they are for.
    faults: VecDeque<Fault>,
    heads: Vec<Head>,
    /// Nobody is told what a process answers: the question or its answer is lost.
    catalogues_are_lost: bool,
    /// How often somebody asked.
    asked: usize,
}

impl Wire {
    pub(crate) fn fault(&self, fault: Fault, times: usize) {
        self.0.lock().unwrap().faults.extend(std::iter::repeat_n(fault, times));
    }

    /// The heads of all messages that were sent, in their order.
    pub(crate) fn heads(&self) -> Vec<Head> {
        self.0.lock().unwrap().heads.clone()
    }

    /// From here on nobody is told what a process answers, or is again.
    pub(crate) fn lose_catalogues(&self, lose: bool) {
        self.0.lock().unwrap().catalogues_are_lost = lose;
    }

    /// How often somebody asked what a process answers.
    pub(crate) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    fn sends(&self, to: &str, head: &Head) -> (Door, Option<Fault>, Head) {
        let mut state = self.0.lock().unwrap();
        state.heads.push(head.clone());
        let fault = state.faults.pop_front();
        let mut head = head.clone();
        // These two do not travel.
        (head.receipt, head.remember) = (None, None);
        (state.doors[to].clone(), fault, head)
    }
}

impl Transport for Wire {
    fn schemes(&self) -> &'static [&'static str] {
        &["wire"]
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>, Error> {
        Ok(Arc::new(End { wire: self.clone(), to: url.host().to_owned() }))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener, Error>> {
        self.0.lock().unwrap().doors.insert(url.host().to_owned(), door);
        Box::pin(async { Ok(Listener::new(url.clone()).0) })
    }
}

#[derive(Debug)]
struct End {
    wire: Wire,
    to: String,
}

impl Link for End {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move {
            let (door, fault, mut there) = self.wire.sends(&self.to, head);
            let receipt = Receipt::new();
            there.receipt = Some(receipt.clone());
            match fault {
                Some(Fault::LoseRequest) => return pending().await,
                Some(Fault::Late(time)) => tokio::time::sleep(time).await,
                Some(Fault::Full) => return Err(full()),
                Some(Fault::Away) => return Err(Error::unreachable("nobody is there").into()),
                Some(Fault::LoseReply | Fault::Break | Fault::BreakLater(_)) | None => {}
            }
            let reply = door.call(message, there).await;
            if let Some(Fault::BreakLater(time)) = fault {
                tokio::time::sleep(time).await;
            }
            if let Some(Fault::Break | Fault::BreakLater(_)) = fault {
                return Err(Error::lost("the wire broke").into());
            }
            if let Some(Fault::LoseReply) = fault {
                return pending().await;
            }
            if let Some(here) = head.receipt.as_ref().filter(|_| receipt.is_replayed()) {
                here.replayed();
            }
            reply
        })
    }

    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let (door, fault, there) = self.wire.sends(&self.to, head);
            match fault {
                Some(Fault::LoseRequest) => return pending().await,
                Some(Fault::Full) => return Err(full().into()),
                Some(Fault::Away) => return Err(Error::unreachable("nobody is there")),
                _ => {}
            }
            let taken = door.send(message, there).await;
            if let Some(Fault::BreakLater(time)) = fault {
                tokio::time::sleep(time).await;
            }
            match fault {
                Some(Fault::LoseReply) => pending().await,
                Some(Fault::Break | Fault::BreakLater(_)) => Err(Error::lost("the wire broke")),
                _ => taken,
            }
        })
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
        let mut state = self.wire.0.lock().unwrap();
        state.asked += 1;
        if state.catalogues_are_lost {
            return Box::pin(pending());
        }
        let door = state.doors.get(&self.to).cloned();
        Box::pin(async move {
            let door = door.ok_or_else(|| Error::unreachable("nobody is there"))?;
            Ok(Some(door.catalogue().into_bytes()))
        })
    }
}

/// As it comes from another process.
fn full() -> CallError<ErrorReply> {
    let said = serde_json::json!({"code": "overloaded", "message": "it is full", "outcome": "not-done"});
    serde_json::from_value::<matchbus::transport::Fault>(said).unwrap().into_error()
}
