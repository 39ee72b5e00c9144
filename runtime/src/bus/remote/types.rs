use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::target::Target;
use crate::bus::by_type::ByType;
use crate::bus::route::{Fields, Tests};
use crate::flow::shard::Sharded;
use crate::message::MessageInfo;

/// Who answers the messages of each type that went elsewhere, worked out once by each thread and for each table.
///
/// By each thread, since the lock of the table and the counter of an [`Arc`] that all threads share would go to and fro
/// between them with every message: with two of them that took a sixth of all calls a second over TCP (measured).
#[derive(Debug, Default)]
pub(super) struct Types(Sharded<Mutex<Known>>);

/// What one thread knows.
#[derive(Debug, Default)]
struct Known {
    /// Of this table.
    version: u64,
    types: ByType<Box<[Candidate]>>,
}

/// A target of messages of one type, if its tests hold.
#[derive(Debug)]
struct Candidate {
    tests: Tests,
    way: Arc<Way>,
}

/// A target, as one thread has found it.
#[derive(Debug)]
pub(crate) struct Way(Arc<Target>);

impl Way {
    /// The target itself, for those who keep it longer than for a call.
    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.0
    }
}

impl Deref for Way {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.0
    }
}

impl Types {
    /// Who answers a message with these fields. `candidates` looks into the table of this version or a later one.
    pub(super) fn find(
        &self,
        version: u64,
        message: &MessageInfo,
        fields: &Fields<'_>,
        candidates: impl FnOnce() -> Vec<(Tests, Arc<Target>)>,
    ) -> Option<Arc<Way>> {
        let mut known = self.0.mine().lock().unwrap_or_else(PoisonError::into_inner);
        if known.version != version {
            *known = Known { version, ..Known::default() };
        }
        let all = known.types.entry(message.type_id).or_insert_with(|| {
            let own = |(tests, target)| Candidate { tests, way: Arc::new(Way(target)) };
            candidates().into_iter().map(own).collect()
        });
        all.iter().find(|candidate| candidate.tests.hold(fields)).map(|found| Arc::clone(&found.way))
    }
}
