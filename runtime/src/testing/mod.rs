//! The test kit: a bus from a list, handlers replaced by closures, every message recorded.
//!
//! ```
//! use matchbus::prelude::*;
//! use matchbus::testing::TestBus;
//!
//! #[derive(Message, Serialize, Deserialize)]
//! #[message(role = "price", cmd = "get", reply(u64))]
//! struct GetPrice { sku: String }
//!
//! #[derive(Message, Serialize, Deserialize)]
//! #[message(role = "cart", cmd = "total", reply(u64))]
//! struct Total { sku: String, qty: u64 }
//!
//! #[service(role = "cart", cmd = "total")]
//! async fn total(msg: Total, price: Call<GetPrice>) -> Result<u64, matchbus::Error> {
//!     let price = price.call(GetPrice { sku: msg.sku }).await?;
//!     Ok(price * msg.qty)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let test = TestBus::of(matchbus::services![total, ..])
//!     .replace(|_: GetPrice| async { 7 })
//!     .start();
//! assert_eq!(test.call(Total { sku: "tea".into(), qty: 3 }).await.unwrap(), 21);
//! assert_eq!(test.recorded::<GetPrice>()[0].sku, "tea");
//! # }
//! ```

mod must_ignore;
mod recorder;
mod sample;

use std::future::Future;
use std::ops::Deref;
use std::time::Duration;

pub use must_ignore::must_ignore;
pub(crate) use recorder::Recorder;
pub use recorder::{How, Recorded};

use crate::bus::{Builder, Bus};
use crate::handler::Accepts;
use crate::list::List;
use crate::message::Message;
use crate::registry::Info;
use crate::seam::clock;

/// How long a test waits for a message before it fails, on the clock that the test uses.
const PATIENCE: Duration = Duration::from_secs(5);

/// A bus for a test, in the making.
#[derive(Debug)]
#[must_use]
pub struct TestBuilder(Builder);

/// A bus that keeps every message. It is used as a [`Bus`].
#[derive(Clone, Debug)]
pub struct TestBus(Bus);

impl TestBus {
    /// A test bus with these handlers. That what they call is there is not checked: a test may have no use for it.
    pub fn of(services: &[&'static [Info]]) -> TestBuilder {
        TestBuilder(Bus::builder().services(services).in_part().record())
    }

    /// Every message so far, in the order in which they were sent.
    pub fn messages(&self) -> Vec<Recorded> {
        self.recorder().all()
    }

    /// Every message of type `M` so far.
    ///
    /// # Panics
    ///
    /// A message with the keys of `M` cannot be read as `M`.
    pub fn recorded<M: Message>(&self) -> Vec<M> {
        self.messages().iter().filter(|recorded| recorded.is::<M>()).map(read).list()
    }

    /// Waits for the first message of type `M`, also if it is there already.
    ///
    /// # Panics
    ///
    /// No such message comes within 5 seconds; the text lists what came instead.
    pub async fn wait_for<M: Message>(&self) -> M {
        self.wait_for_many::<M>(1).await.remove(0)
    }

    /// Waits until there are at least `count` messages of type `M`.
    ///
    /// # Panics
    ///
    /// Too few come within 5 seconds; the text lists what came instead.
    pub async fn wait_for_many<M: Message>(&self, count: usize) -> Vec<M> {
        let found = self.recorder().wait_for(|messages| {
            let found: Vec<&Recorded> = messages.iter().filter(|recorded| recorded.is::<M>()).list();
            (found.len() >= count).then(|| found.into_iter().map(read).list())
        });
        tokio::select! {
            biased;
            found = found => found,
            () = clock::sleep(PATIENCE) => panic!("{}", self.missed::<M>(count)),
        }
    }

    /// Fails the test if a message of type `M` was sent.
    ///
    /// # Panics
    ///
    /// One was; the text shows it.
    pub fn assert_none<M: Message>(&self) {
        if let Some(recorded) = self.messages().iter().find(|recorded| recorded.is::<M>()) {
            panic!("no `{}` was expected, but this one was {recorded}", M::INFO.name);
        }
    }

    fn missed<M: Message>(&self, count: usize) -> String {
        let all = self.messages();
        let came = all.iter().filter(|recorded| recorded.is::<M>()).count();
        let mut text = format!(
            "waited for {count} of `{}` ({}), and {came} came in {PATIENCE:?}; ",
            M::INFO.name,
            M::INFO.pattern.text
        );
        if all.is_empty() {
            text += "no message at all was sent";
        } else {
            text += "these messages were sent:";
            for recorded in all {
                text += &format!("\n  {recorded}");
            }
        }
        text + &format!("\nand this is how they ended:\n{}", self.flows())
    }

    fn recorder(&self) -> &Recorder {
        static NONE: std::sync::OnceLock<Recorder> = std::sync::OnceLock::new();
        // The builder of a test bus always asks for one.
        self.core().recorder.as_ref().unwrap_or_else(|| NONE.get_or_init(Recorder::default))
    }
}

impl Deref for TestBus {
    type Target = Bus;

    fn deref(&self) -> &Bus {
        &self.0
    }
}

impl TestBuilder {
    /// Gives the handlers a state; see [`Builder::state`].
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Self {
        TestBuilder(self.0.state(state))
    }

    /// Answers messages of type `M` by a closure, in place of whatever has the type's own pattern, if anything has. It
    /// returns what a handler of `M` may return; for `Ok(…)` without a named error there is
    /// [`replace_result`](TestBuilder::replace_result). Of several closures for one type the last one answers. Handlers with
    /// more keys go before it as they go before any other; what is published it does not hear: for that there is
    /// [`wait_for`](TestBus::wait_for).
    pub fn replace<M, F, Fut>(self, handler: F) -> Self
    where
        M: Message + Accepts<Fut::Output>,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        TestBuilder(self.0.replace(handler))
    }

    /// As [`replace`](TestBuilder::replace), for a closure that returns a `Result`: of `Ok(…)` alone the compiler cannot tell
    /// which error is meant, so here it is the message's own.
    ///
    /// ```
    /// use matchbus::prelude::*;
    /// use matchbus::testing::TestBus;
    ///
    /// #[derive(Message, Serialize, Deserialize)]
    /// #[message(role = "price", cmd = "get", reply(u64))]
    /// struct GetPrice { sku: String }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let test = TestBus::of(&[]).replace_result(|msg: GetPrice| async move { Ok(msg.sku.parse().unwrap_or(7)) }).start();
    /// assert_eq!(test.call(GetPrice { sku: "tea".into() }).await.unwrap(), 7);
    /// # }
    /// ```
    pub fn replace_result<M, F, Fut>(self, handler: F) -> Self
    where
        M: Message,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<M::Reply, M::Error>> + Send + 'static,
    {
        TestBuilder(self.0.replace(handler))
    }

    /// Changes anything else about the bus.
    pub fn configure(self, change: impl FnOnce(Builder) -> Builder) -> Self {
        TestBuilder(change(self.0))
    }

    /// Makes the bus.
    ///
    /// # Panics
    ///
    /// The bus cannot start; the text has all problems.
    pub fn start(self) -> TestBus {
        match self.0.start() {
            Ok(bus) => TestBus(bus),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Reads a recorded message of type `M`.
fn read<M: Message>(recorded: &Recorded) -> M {
    match serde_json::from_value(recorded.message.clone()) {
        Ok(message) => message,
        Err(cause) => panic!(
            "this message has the keys of `{}` but cannot be read as one: {cause}\n  {recorded}",
            M::INFO.name
        ),
    }
}

/// Runs a test in virtual time: whenever every task waits, the clock jumps to the next timer. Nothing sleeps, and
/// the ids of messages repeat from run to run.
///
/// ```
/// use std::time::Duration;
///
/// matchbus::testing::virtual_time(async {
///     tokio::time::sleep(Duration::from_secs(3600)).await; // takes no time
/// });
/// ```
///
/// # Panics
///
/// As `test` does.
#[cfg(feature = "virtual-time")]
pub fn virtual_time<T>(test: impl Future<Output = T>) -> T {
    crate::seam::random::seed(1);
    match tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build() {
        Ok(runtime) => runtime.block_on(test),
        Err(cause) => panic!("the runtime cannot start: {cause}"),
    }
}
