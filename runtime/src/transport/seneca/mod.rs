//! What the transports that speak with a Seneca share: its ids and its words for errors.

use std::time::Duration;

pub(super) mod codes;
pub(super) mod ids;

/// How long a Seneca remembers what it answered: the time-out of its actions unless that is set, 22,222 ms.
const REMEMBERED: Duration = Duration::from_millis(22_222);

/// How long the answer to a Seneca's message is to be remembered: it may repeat a message under its id and relies on
/// being answered as before (by its own history). Only ids in Seneca's form are such: others use `1` for any message.
///
/// A Seneca goes by the id alone. Here the same id with other data is another message: ids are chosen by whoever sends, and
/// nobody is told what was answered to somebody else.
pub(super) fn remembered(id: &str) -> Option<Duration> {
    id.contains('/').then_some(REMEMBERED)
}
