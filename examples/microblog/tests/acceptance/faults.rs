//! Processes die and others join; those who read see as little of it as can be.

use crate::system::{System, until};

pub(crate) async fn faults(system: &mut System) {
    let home = system.page("/bar").await.texts();
    system.kill("follow").await;
    let page = system.page("/bar").await;
    assert_eq!(
        (page.status, page.says_missing(), page.texts()),
        (200, false, home),
        "home does without follows"
    );

    system.kill("search").await;
    assert_eq!(system.page("/search/bar?query=blue").await.status, 503);
    for path in ["/bar", "/mine/bar"] {
        let page = system.page(path).await;
        assert_eq!((page.status, page.says_missing()), (200, false), "{path} does without the search page");
    }

    another_post_and_another_index(system).await;
}

/// Two posts take turns; a second index that observes gets what the second post tells, and the first one everything.
async fn another_post_and_another_index(system: &mut System) {
    system.start_later("index2", &[]).await;
    system.start_later("post2", &["index2"]).await;
    let counts = async |system: &System| {
        let all = system.counts().await;
        let count = |process: &str, pattern: &str| all[&(process.to_owned(), pattern.to_owned())];
        [
            count("post", "post:entry"),
            count("post2", "post:entry"),
            count("index", "info:entry"),
            count("index2", "info:entry"),
        ]
    };
    // The API looks every now and then whether somebody new is there.
    until("the second post is known", true, async || {
        system.submit("/api/post/dave", "text=hello").await;
        counts(system).await[1] > 0
    })
    .await;
    until("all were told", true, async || {
        let [one, two, index, index2] = counts(system).await;
        // Those before the second index came, and those since, are all in the first one.
        index == one + two && index2 == two
    })
    .await;
    let before = counts(system).await;
    for n in 0..4 {
        system.submit("/api/post/dave", &format!("text=turn+{n}")).await;
    }
    until("turns", [2, 2, 4, 2], async || {
        let now = counts(system).await;
        std::array::from_fn(|n| now[n] - before[n])
    })
    .await;
}
