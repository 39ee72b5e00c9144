//! Several things at once, on the task of whoever waits for them.

use std::future::poll_fn;
use std::task::Poll;

use crate::handler::BoxFuture;
use crate::list::List;

/// Runs all of them at once and gives what each one gave, in their order: none waits for another one.
///
/// They are few, so each is polled whenever one of them is woken.
pub(crate) async fn together<T>(all: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut all: Vec<(BoxFuture<'_, T>, Option<T>)> = all.into_iter().map(|one| (one, None)).list();
    poll_fn(|waker| {
        let mut ended = true;
        for (one, given) in all.iter_mut().filter(|(_, given)| given.is_none()) {
            match one.as_mut().poll(waker) {
                Poll::Ready(value) => *given = Some(value),
                Poll::Pending => ended = false,
            }
        }
        if ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    all.into_iter().filter_map(|(_, given)| given).list()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::seam::clock;

    #[tokio::test(start_paused = true)]
    async fn all_take_the_time_of_the_longest_and_keep_their_order() {
        let began = clock::now();
        let one = |seconds: u64| -> BoxFuture<'_, u64> {
            Box::pin(async move {
                clock::sleep(Duration::from_secs(seconds)).await;
                seconds
            })
        };
        assert_eq!(together([3, 0, 5, 1].into_iter().map(one).collect()).await, [3, 0, 5, 1]);
        assert_eq!(clock::now() - began, Duration::from_secs(5));
        assert!(together(Vec::<BoxFuture<'_, ()>>::new()).await.is_empty());
    }
}
