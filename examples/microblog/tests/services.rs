//! Each service alone: its neighbours are closures. The tests of ramanujan's plugins, and one for each of its defects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::registry::{self, Effect, Info};
use matchbus::testing::{TestBuilder, TestBus, virtual_time};
use microblog::contracts::{
    Entry, FanOut, FollowUser, Followers, Following, GiveBack, IndexEntry, InfoEntry, InsertEntry,
    IsReserved, Item, ListEntries, ListTimeline, PostEntry, Query, Reserve, Reserved, SaveEntry,
};
use microblog::services::reserve::{EXPIRES, Keys};
use serde_json::json;
use tokio::sync::{Notify, Semaphore};

matchbus::registry_test!();

#[test]
fn unknown_keys_are_ignored() {
    matchbus::testing::must_ignore(&registry::discover());
}

#[test]
fn every_effect_is_declared() {
    let all = registry::discover().into_iter().flatten();
    let undeclared: Vec<&str> =
        all.filter(|info| info.effect == Effect::Undeclared).map(|info| info.name).collect();
    assert!(undeclared.is_empty(), "say `effect(…)`: {undeclared:?}");
}

/// A bus with these services, and nothing else but the closures that a test puts in the place of others.
fn only(services: &'static [&'static str]) -> TestBuilder {
    alone(services).configure(|bus| bus.only(["closures"]))
}

/// A bus with these services and nothing else.
fn alone(services: &'static [&'static str]) -> TestBuilder {
    let all: Vec<&'static [Info]> = registry::discover();
    TestBus::of(&all).configure(microblog::states).configure(|bus| bus.only(services.iter().copied()))
}

fn entry(n: u64, text: &str) -> Entry {
    Entry { id: n.to_string(), user: "foo".into(), text: text.into(), when: n }
}

fn insert(users: &[&str], text: &str, when: u64) -> InsertEntry {
    let users = users.iter().map(|&user| user.to_owned()).collect();
    InsertEntry { users, user: "foo".into(), text: text.into(), when, shard: Some(0) }
}

async fn texts(bus: &Bus, user: &str) -> Vec<String> {
    let list = ListTimeline { user: user.into(), shard: Some(0) };
    bus.call(list).await.unwrap().into_iter().map(|item| item.text).collect()
}

#[tokio::test]
async fn a_post_is_saved_and_announced() {
    let test =
        only(&["post"]).replace(|msg: SaveEntry| async move { entry(msg.when.min(7), &msg.text) }).start();
    test.call(PostEntry { user: "foo".into(), text: "blue".into() }).await.unwrap();
    assert_eq!(test.wait_for::<InfoEntry>().await, InfoEntry::from(entry(7, "blue")));
    assert!(test.recorded::<SaveEntry>()[0].when > 1_700_000_000_000_000, "microseconds since 1970");
}

#[tokio::test]
async fn of_two_posts_at_once_one_is_newer() {
    let test = only(&["post"]).replace(|msg: SaveEntry| async move { entry(msg.when, &msg.text) }).start();
    for _ in 0..100 {
        test.call(PostEntry { user: "foo".into(), text: "blue".into() }).await.unwrap();
    }
    let times: Vec<u64> = test.recorded::<SaveEntry>().into_iter().map(|saved| saved.when).collect();
    assert!(times.windows(2).all(|two| two[0] < two[1]), "{times:?}");
}

/// The cache before a store that is a closure: how often the store was asked, and what with.
#[tokio::test]
async fn the_cache_misses_once_and_again_after_a_save() {
    let misses = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&misses);
    let test = only(&["entry_cache"])
        .configure(|bus| {
            let list = "store:list,kind:entry,cache:true".parse().unwrap();
            bus.handle_json(list, move |msg: Value| {
                assert_eq!(msg["tenant"], "acme", "what the cache does not know goes along");
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                async move { json!([entry(n, "blue")]) }
            })
            .handle_json(
                "store:save,kind:entry,cache:true".parse().unwrap(),
                |msg: Value| async move {
                    json!({"id": "1", "user": msg["user"], "text": msg["text"], "when": msg["when"]})
                },
            )
        })
        .start();
    let list = async || test.extend("tenant", "acme").call(ListEntries { user: "foo".into() }).await.unwrap();
    let first = list().await;
    assert_eq!(list().await, first);
    assert_eq!(misses.load(Ordering::SeqCst), 1);
    test.call(SaveEntry { user: "foo".into(), text: "white".into(), when: 2 }).await.unwrap();
    assert_ne!(list().await, first);
    assert_eq!(misses.load(Ordering::SeqCst), 2);
}

/// A list that was asked for before a save must not be kept after it.
#[tokio::test]
async fn the_cache_does_not_keep_a_list_that_a_save_overtook() {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (tell, wait) = (Arc::clone(&asked), Arc::clone(&go));
    let test = only(&["entry_cache"])
        .configure(|bus| {
            bus.handle_json("store:list,kind:entry,cache:true".parse().unwrap(), move |_: Value| {
                let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
                async move {
                    tell.notify_one();
                    wait.acquire().await.unwrap().forget();
                    json!([])
                }
            })
            .handle_json("store:save,kind:entry,cache:true".parse().unwrap(), |_: Value| async move {
                json!(entry(1, "blue"))
            })
        })
        .start();
    let list = |bus: Bus| async move { bus.call(ListEntries { user: "foo".into() }).await.unwrap() };
    let early = tokio::spawn(list((*test).clone()));
    asked.notified().await;
    test.call(SaveEntry { user: "foo".into(), text: "blue".into(), when: 1 }).await.unwrap();
    go.add_permits(2);
    early.await.unwrap();
    // Were the early list kept, nobody would be asked.
    list((*test).clone()).await;
    assert_eq!(test.flows().of("cache:true,kind:entry,store:list").replied, 2);
}

/// Defect 4 of ramanujan: it reversed the order in which entries came.
#[tokio::test]
async fn the_store_lists_the_newest_first_whatever_came_first() {
    let test = only(&["entry_store"]).replace(|_: InsertEntry| async {}).start();
    let store = test.extend("cache", true);
    for (text, when) in [("second", 2), ("third", 3), ("first", 1)] {
        store.call(SaveEntry { user: "foo".into(), text: text.into(), when }).await.unwrap();
    }
    let list = store.call(ListEntries { user: "foo".into() }).await.unwrap();
    let texts: Vec<&str> = list.iter().map(|entry| &*entry.text).collect();
    assert_eq!(texts, ["third", "second", "first"]);
    assert_eq!(test.wait_for_many::<InsertEntry>(3).await[0].users, ["foo"]);
}

#[tokio::test]
async fn fan_out_makes_one_insert_of_all_followers() {
    let test = only(&["fanout"])
        .replace(|_: Followers| async { vec!["bar".to_owned(), "zed".to_owned()] })
        .replace(|_: InsertEntry| async {})
        .start();
    test.call(FanOut { user: "foo".into(), text: "blue".into(), when: 1 }).await.unwrap();
    let got = test.wait_for::<InsertEntry>().await;
    assert_eq!(got, InsertEntry { shard: None, ..insert(&["bar", "zed"], "blue", 1) });
    test.publish(InfoEntry::from(entry(2, "white"))).await.unwrap();
    assert_eq!(test.wait_for_many::<InsertEntry>(2).await[1].text, "white");
}

#[tokio::test]
async fn the_index_finds_what_has_all_words() {
    let test = alone(&["index"]).start();
    for (id, text) in [(1, "Blue sky"), (2, "blue, sea!"), (3, "red")] {
        let Entry { id, user, text, when } = entry(id, text);
        test.call(IndexEntry { id, user, text, when }).await.unwrap();
    }
    for (query, found) in [("blue", vec![2, 1]), ("SKY blue", vec![1]), ("blue red", vec![]), (" ", vec![])] {
        let list = test.call(Query { query: query.into() }).await.unwrap();
        assert_eq!(list.iter().map(|entry| entry.when).collect::<Vec<_>>(), found, "{query}");
    }
}

#[tokio::test]
async fn followers_are_listed_in_their_order_and_get_what_is_there() {
    let test = only(&["follow"])
        .replace(|_: Reserve| async { Reserved { ok: true } })
        .replace(|_: GiveBack| async { Reserved { ok: true } })
        .replace(|_: ListEntries| async { vec![entry(2, "white"), entry(1, "blue")] })
        .replace(|_: InsertEntry| async {})
        .start();
    for user in ["bar", "abe", "bar"] {
        test.call(FollowUser { user: user.into(), target: "foo".into() }).await.unwrap();
    }
    let followers = test.call(Followers { user: "foo".into() }).await.unwrap();
    assert_eq!(followers, ["bar", "abe"]);
    assert_eq!(test.call(Following { user: "bar".into() }).await.unwrap(), ["foo"]);
    let inserts = test.wait_for_many::<InsertEntry>(6).await;
    assert_eq!((&*inserts[0].text, &*inserts[1].text), ("white", "blue"));
    let given_back = test.wait_for_many::<GiveBack>(6).await;
    assert_eq!((&*given_back[0].key, &*given_back[1].key), ("follow/bar", "follow/foo"));
}

/// Defect 3 of ramanujan: who lost the reservation was never answered.
#[test]
fn a_follow_that_waits_for_a_reservation_is_answered() {
    virtual_time(async {
        let asked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&asked);
        let test = only(&["follow"])
            .replace(move |_: Reserve| {
                let ok = count.fetch_add(1, Ordering::SeqCst) >= 20;
                async move { Reserved { ok } }
            })
            .replace(|_: GiveBack| async { Reserved { ok: true } })
            .replace(|_: ListEntries| async { Vec::new() })
            .start();
        test.call(FollowUser { user: "bar".into(), target: "foo".into() }).await.unwrap();
        assert_eq!(test.call(Followers { user: "foo".into() }).await.unwrap(), ["bar"]);
    });
}

#[test]
fn a_reservation_is_had_by_one_and_lapses() {
    virtual_time(async {
        for expires in [EXPIRES, Duration::from_millis(111)] {
            let test = alone(&["reserve"]).state(Keys::new(expires)).start();
            let create = async |key: &str| test.call(Reserve { key: key.into() }).await.unwrap().ok;
            let read = async |key: &str| test.call(IsReserved { key: key.into() }).await.unwrap().ok;
            assert!(create("a").await && !create("a").await && create("b").await);
            assert!(test.call(GiveBack { key: "a".into() }).await.unwrap().ok);
            assert!(!test.call(GiveBack { key: "a".into() }).await.unwrap().ok);
            assert!(create("a").await);
            tokio::time::sleep(expires.saturating_sub(Duration::from_millis(11))).await;
            assert!(read("a").await && !create("a").await);
            tokio::time::sleep(Duration::from_millis(11)).await;
            assert!(!read("a").await && create("a").await);
        }
    });
}

/// The timelines, with the reserve service as it is.
fn timelines() -> TestBus {
    only(&["timeline", "reserve"]).replace(|_: Following| async { vec!["zed".to_owned()] }).start()
}

#[tokio::test]
async fn a_timeline_is_newest_first_and_has_each_entry_once() {
    let test = timelines();
    for (text, when) in [("second", 2), ("third", 3), ("first", 1), ("third", 3)] {
        test.call(insert(&["bar"], text, when)).await.unwrap();
    }
    test.call(InsertEntry { user: "zed".into(), ..insert(&["bar"], "followed", 4) }).await.unwrap();
    test.call(InsertEntry { user: "bar".into(), ..insert(&["bar"], "own", 5) }).await.unwrap();
    let list = test.call(ListTimeline { user: "bar".into(), shard: Some(0) }).await.unwrap();
    let seen: Vec<(&str, bool)> =
        list.iter().map(|Item { text, can_follow, .. }| (&**text, *can_follow)).collect();
    let expected = [("own", false), ("followed", false), ("third", true), ("second", true), ("first", true)];
    assert_eq!(seen, expected);
}

/// Defect 1 of ramanujan: of two concurrent inserts for a new user one was lost.
#[tokio::test]
async fn concurrent_inserts_for_a_new_user_lose_nothing() {
    let test = timelines();
    for when in 0..20 {
        test.send(insert(&["bar"], &format!("{when:02}"), when)).await.unwrap();
    }
    test.settled().await;
    let expected: Vec<String> = (0..20).rev().map(|when| format!("{when:02}")).collect();
    assert_eq!(texts(&test, "bar").await, expected);
}

/// Defect 2 of ramanujan: of a list of new users only the first one was served.
#[tokio::test]
async fn every_new_user_of_a_list_is_served() {
    let test = timelines();
    test.call(insert(&["dave", "fred", "bar"], "blue", 1)).await.unwrap();
    for user in ["dave", "fred", "bar"] {
        assert_eq!(texts(&test, user).await, ["blue"], "{user}");
    }
}

#[test]
fn an_insert_is_not_lost_when_nobody_reserves() {
    virtual_time(async {
        let test = only(&["timeline"])
            .replace(|_: Reserve| async { Err::<Reserved, _>(matchbus::Error::refused("away")) })
            .replace(|_: GiveBack| async { Reserved { ok: true } })
            .replace(|_: Following| async { Vec::new() })
            .start();
        test.call(insert(&["bar"], "blue", 1)).await.unwrap();
        assert_eq!(texts(&test, "bar").await, ["blue"]);
    });
}

#[tokio::test]
async fn the_router_splits_users_and_keeps_what_it_does_not_know() {
    let test = only(&["timeline_shard"])
        .configure(|bus| {
            bus.handle_json("timeline:insert,shard:*".parse().unwrap(), |msg: Value| async move { msg })
        })
        .start();
    let all = InsertEntry { shard: None, ..insert(&["alice", "foo", "bar"], "blue", 1) };
    test.extend("tenant", "acme").call(all).await.unwrap();
    test.settled().await;
    let messages = test.messages();
    let parts: Vec<&Value> = messages
        .iter()
        .map(|recorded| &recorded.message)
        .filter(|message| message.get("shard").is_some())
        .collect();
    assert_eq!(parts.len(), 2, "{parts:?}");
    for (shard, users) in [(0, json!(["foo", "bar"])), (1, json!(["alice"]))] {
        let part = parts.iter().find(|part| part["shard"] == shard).unwrap();
        assert_eq!((&part["users"], &part["tenant"]), (&users, &json!("acme")));
    }
}
