//! Which counters a thread writes.

use std::cell::Cell;
use std::sync::{Mutex, OnceLock, PoisonError};

/// How many threads at a time have counters of their own. A set of counters is made when its thread first counts, so
/// this costs a program with few threads nothing.
pub(super) const OWNED: usize = 64;

/// The counters that all further threads share.
pub(super) const SHARED: usize = OWNED;

const UNKNOWN: usize = usize::MAX;

thread_local! {
    /// Without a destructor, so that looking at it is one load.
    static SHARD: Cell<usize> = const { Cell::new(UNKNOWN) };
    static OWNER: Owner = Owner::new();
}

/// The numbers of shards that no thread owns: those that were given back, and those from `next` on.
static FREE: Mutex<Free> = Mutex::new(Free { back: Vec::new(), next: 0 });

struct Free {
    back: Vec<usize>,
    next: usize,
}

/// The shard of this thread: its own below [`OWNED`], or [`SHARED`].
#[inline]
pub(super) fn of_this_thread() -> usize {
    let shard = SHARD.get();
    if shard == UNKNOWN { find() } else { shard }
}

#[cold]
fn find() -> usize {
    // A thread that is about to end has no owner any more.
    let shard = OWNER.try_with(|owner| owner.0).unwrap_or(SHARED);
    SHARD.set(shard);
    shard
}

/// A `T` for each thread, and one for all threads that are too many, each on lines of memory of its own. Each is made when
/// its thread first asks for it.
#[derive(Debug)]
pub(crate) struct Sharded<T>([OnceLock<Box<Apart<T>>>; OWNED + 1]);

/// What one thread writes: no other's line of memory.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Apart<T>(T);

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Sharded([const { OnceLock::new() }; OWNED + 1])
    }
}

impl<T: Default> Sharded<T> {
    /// This thread's. Others may have it too: it has to bear that.
    #[inline]
    pub(crate) fn mine(&self) -> &T {
        &self.0[of_this_thread()].get_or_init(Box::default).0
    }

    /// Those of all threads that have asked for theirs.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(OnceLock::get).map(|one| &one.0)
    }
}

/// Gives the shard back when the thread ends; the lock makes the next owner see all that this one has counted.
struct Owner(usize);

impl Owner {
    fn new() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shard) = free.back.pop() {
            return Owner(shard);
        }
        let shard = free.next.min(SHARED);
        free.next = (shard + 1).min(SHARED);
        Owner(shard)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // What is counted while the thread's other variables are dropped.
        SHARD.set(SHARED);
        if self.0 != SHARED {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).back.push(self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn no_two_threads_own_a_shard_and_the_rest_share_one() {
        const THREADS: usize = 2 * OWNED;
        let barrier = Barrier::new(THREADS);
        let mut shards: Vec<usize> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        let shard = of_this_thread();
                        barrier.wait();
                        assert_eq!(of_this_thread(), shard);
                        shard
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        shards.sort_unstable();
        let owned = shards.partition_point(|shard| *shard < OWNED);
        assert!(shards[owned..].iter().all(|shard| *shard == SHARED));
        assert!(owned >= 1);
        shards.truncate(owned);
        shards.dedup();
        assert_eq!(shards.len(), owned);
    }
}
