//! The end of a listener (rule R15).

use matchbus::transport::{Exposed, Head};

use super::kit::{Raw, world};

const GATE: &str = r#"{"role":"gate","n":7}"#;

fn request(body: &str) -> String {
    format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn shutting_down_ends_what_runs_and_takes_nothing_new() {
    let world = world().await;
    let address = world.address();
    let mut idle = world.raw().await;
    assert_eq!(idle.post("/act", "", r#"{"role":"echo"}"#).await.status, 200);
    let mut busy = world.raw().await;
    busy.send(request(GATE)).await;
    world.started(1).await;
    let bus = world.bus.clone();
    let shutdown = tokio::spawn(async move { bus.shutdown().await });
    // Nobody is let in any more.
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    world.seen.open.add_permits(1);
    let answer = busy.answer().await.unwrap();
    assert_eq!((answer.status, &*answer.body, answer.header("connection")), (200, "7", Some("close")));
    busy.ended().await;
    // What was on its way over an idle connection is told that nothing ran.
    let late = idle.post("/act", "", r#"{"role":"echo"}"#).await;
    assert_eq!(late.error(), (503, "draining".into(), "not-done".into()));
    idle.ended().await;
    assert_eq!(shutdown.await.unwrap(), 0);
}

#[tokio::test]
async fn draining_tells_who_was_not_accepted_yet() {
    let world = world().await;
    // Nothing else of this thread runs meanwhile.
    let early = std::net::TcpStream::connect(world.address()).unwrap();
    let bus = world.bus.clone();
    let shutdown = tokio::spawn(async move { bus.shutdown().await });
    early.set_nonblocking(true).unwrap();
    let mut early = Raw::new(tokio::net::TcpStream::from_std(early).unwrap());
    let told = early.post("/act", "", r#"{"role":"echo"}"#).await;
    assert_eq!(told.error(), (503, "draining".into(), "not-done".into()));
    early.ended().await;
    assert_eq!(shutdown.await.unwrap(), 0);
}

#[tokio::test]
async fn a_link_is_told_that_nothing_ran_while_a_process_shuts_down() {
    let world = world().await;
    let link = world.link("http");
    let head = Head::default();
    assert!(link.call(br#"{"role":"echo"}"#, &head).await.is_ok());
    assert_eq!(world.bus.shutdown().await, 0);
    // First over the connection that is kept, then over none.
    for code in ["draining", "unreachable"] {
        let error = link.call(br#"{"role":"echo"}"#, &head).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), (code, matchbus::Outcome::NotDone), "{error:?}");
    }
}

#[tokio::test]
async fn dropping_the_listener_ends_its_connections() {
    let world = world().await;
    let mut idle = world.raw().await;
    assert_eq!(idle.post("/act", "", r#"{"role":"echo"}"#).await.status, 200);
    let mut busy = world.raw().await;
    busy.send(request(r#"{"role":"hang"}"#)).await;
    world.started(1).await;
    let address = world.address();
    drop(world.listener);
    idle.ended().await;
    busy.ended().await;
    world.seen.dropped.acquire().await.unwrap().forget();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // The port is free again.
    let url = format!("http://{address}").parse().unwrap();
    let listener = world.bus.listen(&url, &Exposed::All).await.unwrap();
    let answer =
        Raw::connect(&listener.url().authority(0)).await.post("/act", "", r#"{"role":"echo"}"#).await;
    assert_eq!(answer.status, 200);
}
