//! What scanning and decoding cost beside `serde_json`, in ratios of the same round.
//!
//! `cargo run --release -p matchbus-benches --bin scan`. Thread CPU time, so that a busy machine disturbs little; the cases
//! take turns in every round, and the median over the rounds of each case's ratio is what counts.

#![expect(clippy::inline_always, reason = "what a caller inlines is part of the question")]

use matchbus::message::json::{Limits, Scan};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    fs,
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

const ROUNDS: usize = 61;
/// How long one case runs in one round, about.
const SLICE: Duration = Duration::from_millis(2);

fn main() {
    for (name, note) in [("122 B", 1), ("4 KB", 282)] {
        let message = message(note);
        let body = serde_json::to_vec(&message).expect("a message can be written");
        println!("\n{name} message, {} bytes: median ratio (quartiles), median ns", body.len());
        let owned = "serde_json, owned, encode";
        let borrowed = "serde_json, borrowed, encode";
        run(
            owned,
            &[
                (owned, &|| reply(&serde_json::from_slice::<Add>(black_box(&body)).expect("fits"))),
                ("scan, owned, encode", &|| reply(&scan(&body).decode::<Add>().expect("fits"))),
                ("scan, owned behind a call, encode", &|| reply(&outlined(&scan_outlined(&body)))),
                (borrowed, &|| {
                    reply_ref(&serde_json::from_slice::<AddRef<'_>>(black_box(&body)).expect("fits"))
                }),
                ("scan, borrowed, encode", &|| reply_ref(&scan(&body).decode::<AddRef<'_>>().expect("fits"))),
                ("scan alone", &|| scan(&body).len()),
                ("UTF-8 check alone", &|| str::from_utf8(black_box(&body)).expect("UTF-8").len()),
                ("serde_json::Value", &|| {
                    usize::from(
                        serde_json::from_slice::<serde_json::Value>(black_box(&body))
                            .expect("JSON")
                            .is_object(),
                    )
                }),
            ],
        );
        run(
            borrowed,
            &[
                (borrowed, &|| {
                    reply_ref(&serde_json::from_slice::<AddRef<'_>>(black_box(&body)).expect("fits"))
                }),
                ("scan, borrowed, encode", &|| reply_ref(&scan(&body).decode::<AddRef<'_>>().expect("fits"))),
            ],
        );
    }
    nested();
}

/// The worst case: nearly all of the message is nested, and so read by the scan and again by the decode.
fn nested() {
    let item = |i: u32| Item { sku: format!("sku-{i}"), qty: i, price: f64::from(i) + 0.5 };
    let body = serde_json::to_vec(&Order {
        role: "cart".into(),
        cmd: "order".into(),
        items: (1..9).map(item).collect(),
    });
    let body = body.expect("a message can be written");
    println!("\nmessage of a list of 8 objects, {} bytes", body.len());
    let total =
        |order: Order| order.items.iter().map(|item| item.sku.len() + item.qty as usize).sum::<usize>();
    run(
        "serde_json, owned",
        &[
            ("serde_json, owned", &|| total(serde_json::from_slice(black_box(&body)).expect("fits"))),
            ("scan, owned", &|| total(scan(&body).decode().expect("fits"))),
            ("scan alone", &|| scan(&body).len()),
        ],
    );
}

/// Runs the cases in turn and prints their ratios to the one named `base`.
fn run(base: &str, cases: &[(&str, &dyn Fn() -> usize)]) {
    let counts: Vec<u32> = cases.iter().map(|(_, case)| calibrate(case)).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for round in 0..ROUNDS {
        for turn in 0..cases.len() {
            let i = (turn + round) % cases.len();
            times[i].push(time(cases[i].1, counts[i]));
        }
    }
    let base = cases.iter().position(|(name, _)| *name == base).expect("the base is one of the cases");
    for (i, (name, _)) in cases.iter().enumerate() {
        let ratios: Vec<f64> = times[i].iter().zip(&times[base]).map(|(case, base)| case / base).collect();
        let [low, ratio, high] = quartiles(ratios);
        let [_, nanoseconds, _] = quartiles(times[i].clone());
        println!("{ratio:8.3} ({low:.3}–{high:.3}) {nanoseconds:8.1}  {name}");
    }
}

/// How many calls take about [`SLICE`].
fn calibrate(case: &dyn Fn() -> usize) -> u32 {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < SLICE {
        for _ in 0..100 {
            black_box(case());
        }
        count += 100;
    }
    count
}

/// Thread CPU time of one call, in nanoseconds.
fn time(case: &dyn Fn() -> usize, count: u32) -> f64 {
    let start = cpu_time();
    for _ in 0..count {
        black_box(case());
    }
    cpu_time().saturating_sub(start).as_secs_f64() * 1e9 / f64::from(count)
}

/// The scheduler's account of this thread.
fn cpu_time() -> Duration {
    // Without this the kernel brings the account up to date only at its next tick.
    thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux with schedstats");
    Duration::from_nanos(
        text.split(' ').next().and_then(|n| n.parse().ok()).expect("a number of nanoseconds"),
    )
}

fn quartiles(mut of: Vec<f64>) -> [f64; 3] {
    of.sort_by(f64::total_cmp);
    [of.len() / 4, of.len() / 2, of.len() * 3 / 4].map(|i| of[i])
}

#[inline(always)]
fn scan(body: &[u8]) -> Scan<'_> {
    Scan::read(black_box(body), &Limits::default()).expect("the message is well formed")
}

/// As a bus has it: the scan in one function, the decode in another, the router between them.
#[inline(never)]
fn scan_outlined(body: &[u8]) -> Scan<'_> {
    scan(body)
}

#[inline(never)]
fn outlined(scan: &Scan<'_>) -> Add {
    scan.decode().expect("fits")
}

#[derive(Serialize, Deserialize)]
struct User {
    id: String,
    tier: String,
}

#[derive(Serialize, Deserialize)]
struct Add {
    role: String,
    cmd: String,
    item: String,
    qty: u32,
    price: f64,
    user: User,
    note: String,
}

#[derive(Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: u32,
    price: f64,
}

#[derive(Serialize, Deserialize)]
struct Order {
    role: String,
    cmd: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct UserRef<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    tier: Cow<'a, str>,
}

#[derive(Deserialize)]
struct AddRef<'a> {
    #[serde(borrow)]
    item: Cow<'a, str>,
    qty: u32,
    price: f64,
    #[serde(borrow)]
    user: UserRef<'a>,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[derive(Serialize)]
struct Total {
    total: f64,
    lines: u32,
}

fn message(notes: usize) -> Add {
    Add {
        role: "cart".into(),
        cmd: "add".into(),
        item: "sku-123".into(),
        qty: 2,
        price: 9.99,
        user: User { id: "u-1".into(), tier: "gold".into() },
        note: vec!["leave at door"; notes].join(" "),
    }
}

#[inline(always)]
fn reply(add: &Add) -> usize {
    black_box((&add.role, &add.cmd, &add.item, &add.user.id, &add.user.tier, &add.note));
    encode(add.qty, add.price)
}

#[inline(always)]
fn reply_ref(add: &AddRef<'_>) -> usize {
    black_box((&add.item, &add.user.id, &add.user.tier, &add.note));
    encode(add.qty, add.price)
}

fn encode(qty: u32, price: f64) -> usize {
    let mut reply = Vec::with_capacity(64);
    let total = Total { total: (f64::from(qty) * price * 100.0).round() / 100.0, lines: 1 };
    serde_json::to_writer(&mut reply, &total).expect("a reply can be written");
    black_box(reply).len()
}
