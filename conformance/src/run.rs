use std::time::Duration;

use crate::{Subject, World};

/// After so long a behaviour that did not end has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs one behaviour over one transport, in a runtime of its own; what [`suite!`](crate::suite) makes tests of.
///
/// # Panics
///
/// The transport does not behave so, or the behaviour does not end within a minute.
pub fn run<F: Future<Output = ()>>(subject: Subject, behaviour: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let ended = tokio::time::timeout(PATIENCE, behaviour(World::new(subject))).await;
        assert!(
            ended.is_ok(),
            "it did not end within {PATIENCE:?}: something that was waited for never came"
        );
    });
}
