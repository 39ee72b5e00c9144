//! The front by itself, over a real socket, with the services behind it as closures or as they are.

#[path = "acceptance/browser.rs"]
mod browser;

use browser::Browser;
use matchbus::testing::TestBus;
use matchbus::{Error, registry};
use microblog::contracts::{Entry, Following, Item, ListEntries, ListTimeline, Post, PostEntry, Query};
use microblog::services::front;
use tokio::net::TcpListener;

/// All services, but for what stands for the parts behind the pages.
async fn served(test: TestBus) -> (TestBus, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pages = format!("http://{}", listener.local_addr().unwrap());
    let router = front::router((*test).clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (test, pages)
}

fn away<T>() -> Result<T, Error> {
    Err(Error::refused("away, for the test"))
}

const EVIL: &str = "<script>alert('1')</script>&\"";

#[tokio::test]
async fn what_users_wrote_is_escaped_everywhere() {
    let item = Item { user: EVIL.into(), text: EVIL.into(), when: 1, can_follow: true };
    let entry = Entry { id: "1".into(), user: EVIL.into(), text: EVIL.into(), when: 1 };
    let (list, found) = (vec![entry.clone()], vec![entry]);
    let test = TestBus::of(&registry::discover())
        .configure(microblog::states)
        .replace(move |_: ListTimeline| std::future::ready(vec![item.clone()]))
        .replace(move |_: ListEntries| std::future::ready(list.clone()))
        .replace(move |_: Query| std::future::ready(found.clone()))
        .start();
    let (_test, pages) = served(test).await;
    let evil = "%3Cscript%3Ealert('1')%3C/script%3E%26%22";
    for path in ["/ann".to_owned(), "/mine/ann".to_owned(), format!("/search/ann?query={evil}")] {
        let page = Browser::new().get(&format!("{pages}{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains("<script"), "{path}: {}", page.text);
        assert_eq!(page.entries().len(), 1, "{path}: {}", page.text);
        assert!(page.text.contains("&#60;script&#62;alert("), "{path}: {}", page.text);
        assert!(!page.text.contains("alert('1')"), "a quote would end an attribute: {path}");
    }
    let page = Browser::new().get(&format!("{pages}/{evil}")).await;
    assert_eq!(page.status, 404);
    assert!(!page.text.contains("<script"), "{}", page.text);
}

#[tokio::test]
async fn a_page_whose_message_fails_has_an_empty_list_and_says_so() {
    let test = TestBus::of(&registry::discover())
        .configure(microblog::states)
        .replace(|_: ListTimeline| std::future::ready(away::<Vec<Item>>()))
        .replace(|_: ListEntries| std::future::ready(away::<Vec<Entry>>()))
        .replace(|_: Query| std::future::ready(away::<Vec<Entry>>()))
        .start();
    let (_test, pages) = served(test).await;
    for path in ["/ann", "/mine/ann", "/search/ann?query=tea"] {
        let page = Browser::new().get(&format!("{pages}{path}")).await;
        assert_eq!((page.status, page.entries().len(), page.says_missing()), (200, 0, true), "{path}");
    }
}

#[tokio::test]
async fn a_timeline_does_without_the_follow_service() {
    let test = TestBus::of(&registry::discover())
        .configure(microblog::states)
        .replace(|_: Following| std::future::ready(away::<Vec<String>>()))
        .start();
    test.call(Post { user: "ann".into(), text: "tea".into() }).await.unwrap();
    test.settled().await;
    let (_test, pages) = served(test).await;
    let page = Browser::new().get(&format!("{pages}/ann")).await;
    assert_eq!((page.status, page.texts()), (200, vec!["tea".to_owned()]));
}

/// Defect 5 of ramanujan: a form could name where the browser goes.
#[tokio::test]
async fn there_is_no_open_redirect() {
    let test = TestBus::of(&registry::discover()).configure(microblog::states).start();
    let (test, pages) = served(test).await;
    let browser = Browser::new();
    for (form, status, location) in [
        ("text=tea", 303, Some("/ann")),
        ("text=tea&from=mine", 303, Some("/mine/ann")),
        ("text=tea&from=search", 303, Some("/search/ann?query=")),
        ("text=tea&from=https://evil.example", 422, None),
        ("text=tea&from=//evil.example", 422, None),
    ] {
        let page = browser.post(&format!("{pages}/api/post/ann"), form).await;
        assert_eq!((page.status, page.location.as_deref()), (status, location), "{form}");
    }
    let form = "target=bo&from=search&query=%0d%0aLocation:%20//evil.example%26a";
    let page = browser.post(&format!("{pages}/api/follow/ann"), form).await;
    let location = page.location.unwrap();
    assert_eq!(location, "/search/ann?query=%0D%0ALocation%3A+%2F%2Fevil.example%26a");
    for user in ["%2Fevil.example", "..", "%5Cevil", "a%20b"] {
        let page = browser.post(&format!("{pages}/api/post/{user}"), "text=tea").await;
        assert_eq!((page.status, page.location), (404, None), "{user}");
    }
    assert_eq!(test.recorded::<PostEntry>().len(), 3);
}

#[tokio::test]
async fn forms_are_bounded_and_bad_ones_are_told() {
    let test = TestBus::of(&registry::discover()).configure(microblog::states).start();
    let (test, pages) = served(test).await;
    let browser = Browser::new();
    let (fits, too_long, too_large) = ("%F0%9F%98%80".repeat(280), "a".repeat(281), "a".repeat(9_000));
    for (text, status, said) in [
        (&*fits, 303, ""),
        ("", 422, "there is no text"),
        ("%20%0a", 422, "there is no text"),
        (&*too_long, 422, "the text has 281 characters; at most 280 fit"),
        (&*too_large, 413, "too large"),
    ] {
        let page = browser.post(&format!("{pages}/api/post/ann"), &format!("text={text}")).await;
        assert_eq!(page.status, status, "{text}: {}", page.text);
        assert!(page.text.contains(said), "{}", page.text);
    }
    let page = browser.post(&format!("{pages}/api/follow/ann"), "target=ann").await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert_eq!(test.recorded::<PostEntry>().len(), 1);
    assert_eq!(browser.get(&format!("{pages}/api/ping")).await.text, "pong");
}
