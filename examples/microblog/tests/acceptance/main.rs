//! The acceptance test: one walk through the microblog as people see it, in one process and in many, with real processes
//! and real sockets. What is to come out is the README walk of ramanujan, without its defects.

mod browser;
mod faults;
mod node;
mod process;
mod system;
mod walk;

use system::{Shape, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_in_one_process() {
    walk::walk(&mut System::start(Shape::One).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_for_each_service_over_tcp() {
    let mut system = System::start(Shape::Many("tcp")).await;
    walk::walk(&mut system).await;
    faults::faults(&mut system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_for_each_service_over_http() {
    let mut system = System::start(Shape::Many("http")).await;
    walk::walk(&mut system).await;
    faults::faults(&mut system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_seneca_that_reserves_over_tcp() {
    if matchbus_tests::node::left_out() {
        return;
    }
    with_a_seneca("tcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_seneca_that_reserves_over_http() {
    if matchbus_tests::node::left_out() {
        return;
    }
    with_a_seneca("http").await;
}

async fn with_a_seneca(scheme: &'static str) {
    let mut system = System::start(Shape::WithSeneca(scheme)).await;
    walk::walk(&mut system).await;
    let seen = system.reserve_counts().await;
    // Five new timelines and two follows, with two keys each, at the least.
    assert!(seen["created"].as_u64() >= Some(7), "{seen}");
}
