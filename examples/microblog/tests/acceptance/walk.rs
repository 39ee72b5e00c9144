//! The walk: two users, their posts, and what each of them sees.

use std::collections::BTreeMap;

use microblog::contracts::{InsertEntry, Reservations};
use serde_json::json;

use crate::system::{Shape, System, until};

pub(crate) async fn walk(system: &mut System) {
    everybody_sees_what_they_follow(system).await;
    a_post_is_ten_messages(system).await;
    two_inserts_at_once_and_a_list_of_new_users_lose_nothing(system).await;
    each_shard_has_its_own_users(system).await;
}

async fn home_is(system: &System, user: &str, texts: &[&str]) {
    until(&format!("home of {user}"), texts.to_vec(), async || {
        let page = system.page(&format!("/{user}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let seen = page.texts();
        texts.iter().filter(|text| seen.iter().any(|seen| seen == *text)).copied().collect::<Vec<_>>()
    })
    .await;
    // Exactly these, newest first.
    assert_eq!(system.page(&format!("/{user}")).await.texts(), texts, "home of {user}");
}

async fn everybody_sees_what_they_follow(system: &System) {
    // Processes learn of each other when they have started; before, a page may lack its entries.
    for path in ["/foo", "/mine/foo", "/search/foo?query=x"] {
        until(path, (200, false), async || {
            let page = system.page(path).await;
            (page.status, page.says_missing())
        })
        .await;
        assert!(system.page(path).await.entries().is_empty());
    }
    system.submit("/api/post/foo", "text=blue").await;
    system.submit("/api/post/foo", "text=white").await;
    home_is(system, "foo", &["white", "blue"]).await;

    // A form goes back to one of the pages, and to none that it could name.
    let page =
        system.browser.post(&format!("{}/api/post/foo", system.pages()), "text=x&from=//evil.example").await;
    assert_eq!((page.status, page.location), (422, None));

    // The cache: what is not there costs two messages, and what is there one.
    let lists = async || {
        let all = system.deliveries().await;
        (all["kind:entry,store:list"], all["cache:true,kind:entry,store:list"])
    };
    let before = lists().await;
    assert_eq!(system.page("/mine/foo").await.texts(), ["white", "blue"]);
    let first = lists().await;
    assert_eq!((first.0 - before.0, first.1 - before.1), (1, 1));
    assert_eq!(system.page("/mine/foo").await.texts(), ["white", "blue"]);
    let second = lists().await;
    assert_eq!((second.0 - first.0, second.1 - first.1), (1, 0));

    let blue = async || system.page("/search/bar?query=blue").await.entries();
    let hit =
        |can_follow| vec![crate::browser::Shown { user: "foo".into(), text: "blue".into(), can_follow }];
    until("search for blue", hit(true), blue).await;
    system.submit("/api/follow/bar", "target=foo&from=search&query=blue").await;
    // Defect 1 of ramanujan: white was lost.
    home_is(system, "bar", &["white", "blue"]).await;
    until("search for blue", hit(false), blue).await;

    system.submit("/api/post/bar", "text=music").await;
    home_is(system, "bar", &["music", "white", "blue"]).await;
    system.submit("/api/post/foo", "text=red").await;
    home_is(system, "bar", &["red", "music", "white", "blue"]).await;
    home_is(system, "foo", &["red", "white", "blue"]).await;
    assert_eq!(system.page("/mine/foo").await.texts(), ["red", "white", "blue"]);
    // On a busy machine a page may do without the follow service once.
    until("nobody is left to follow", true, async || {
        system.page("/bar").await.entries().iter().all(|entry| !entry.can_follow)
    })
    .await;
}

/// One post by somebody who has one follower: ten messages are delivered, and the one of the front before them.
async fn a_post_is_ten_messages(system: &System) {
    let ten = BTreeMap::from(
        [
            ("post:entry", 1),
            ("kind:entry,store:save", 1),
            ("cache:true,kind:entry,store:save", 1),
            ("info:entry", 2),
            ("follow:list,kind:followers", 1),
            // The author's own, and the follower's.
            ("timeline:insert", 2),
            ("shard:*,timeline:insert", 2),
        ]
        .map(|(pattern, count)| (pattern.to_owned(), count)),
    );
    assert_eq!(ten.values().sum::<u64>(), 10);
    // All that the walk has led to has come: four posts, one of them to a follower, and two entries by the follow.
    let inserts = async || {
        let all = system.deliveries().await;
        (all["info:entry"], all["timeline:insert"], all["shard:*,timeline:insert"])
    };
    until("all messages of the walk", (8, 7, 7), inserts).await;
    until("nothing is reserved", Ok(BTreeMap::new()), async || system.bus.call(Reservations {}).await).await;

    let before = system.deliveries().await;
    // A message too many would come late; it is seen among those of the next post.
    for n in 1..=3 {
        system.submit("/api/post/foo", &format!("text=count+{n}")).await;
        let mut expected: BTreeMap<String, u64> =
            ten.iter().map(|(text, count)| (text.clone(), n * count)).collect();
        expected.insert("api:post".to_owned(), n);
        until("messages of a post", expected, async || {
            let mut now = system.deliveries().await;
            // Asking a reserve service of ours for its state is a message, too.
            now.retain(|pattern, count| {
                *count -= before.get(pattern).copied().unwrap_or_default();
                *count > 0 && pattern != "reserve:state"
            });
            now
        })
        .await;
    }
}

fn insert(users: &[&str], text: &str, when: u64) -> InsertEntry {
    let users = users.iter().map(|&user| user.to_owned()).collect();
    InsertEntry { users, user: "ann".into(), text: text.into(), when, shard: None }
}

/// Defects 1 and 2 of ramanujan.
async fn two_inserts_at_once_and_a_list_of_new_users_lose_nothing(system: &System) {
    system.bus.send(insert(&["dave", "fred", "alan"], "to all", 1)).await.unwrap();
    for user in ["dave", "fred", "alan"] {
        home_is(system, user, &["to all"]).await;
    }
    let (one, other) = (insert(&["erin"], "one", 1), insert(&["erin"], "other", 2));
    let (one, other) = tokio::join!(system.bus.send(one), system.bus.send(other));
    assert!(one.is_ok() && other.is_ok());
    home_is(system, "erin", &["other", "one"]).await;
}

async fn each_shard_has_its_own_users(system: &System) {
    // `a` is odd and `f` is even.
    let inserts = async || {
        let all = system.counts().await;
        ["0", "1"].map(|shard| {
            let key = (format!("timeline{shard}"), format!("shard:{shard},timeline:insert"));
            all.get(&key).copied().unwrap_or_default()
        })
    };
    let before = inserts().await;
    system.submit("/api/post/alice", "text=odd").await;
    home_is(system, "alice", &["odd"]).await;
    let after_alice = inserts().await;
    system.submit("/api/post/frank", "text=even").await;
    home_is(system, "frank", &["even"]).await;
    if system.shape != Shape::One {
        let after_frank = inserts().await;
        assert_eq!((after_alice[0], after_alice[1]), (before[0], before[1] + 1), "alice is in shard 1");
        assert_eq!((after_frank[0], after_frank[1]), (before[0] + 1, before[1] + 1), "frank is in shard 0");
    }
    // A message that says where it goes is found there, also by its keys alone.
    let list = |user: &str, shard: u8| json!({"timeline": "list", "user": user, "shard": shard});
    if let Shape::One = system.shape {
        let reply = system.bus.act(list("alice", 1)).await.unwrap();
        assert_eq!(reply[0]["text"], "odd");
    }
}
