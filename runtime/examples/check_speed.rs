//! How long the check of a program's handlers takes at start: `cargo run --release --example check_speed`.
//!
//! The cost for the compiler is measured by `--emit FILE`, which writes a crate of 500 handlers; with `--check` it has
//! the check too. Compare `cargo check` or `rustc --emit=metadata` of both.
//!
//! On two busy cores: 10,000 handlers of the usual kind take 1 ms, of the worst kind here 6 ms; for the compiler, 500
//! of the usual kind take 0.09 s, with a call each 0.13 s, of the worst kind 0.6 s of processor time more.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use matchbus::__private::{
    Context, Info, Input, KeyInfo, Kind, MessageInfo, Need, Output, PatternInfo, Place, Started, Stopped,
    TypeSketch, ValueRef, conflicts,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--emit") {
        let file = arguments.next().expect("a file after `--emit`");
        let what = arguments.next().unwrap_or_default();
        std::fs::write(file, emit(500, &what, arguments.next().as_deref() == Some("--check"))).unwrap();
        return;
    }
    for n in [500, 10_000] {
        println!("{n} handlers");
        for (name, line) in SETS {
            measure(name, n, *line);
        }
    }
}

/// The keys of a handler, and of the message it calls.
type Line = fn(usize) -> (String, String);

const SETS: &[(&str, Line)] = &[
    ("usual: roles of 10 commands", |i| (usual(i), String::new())),
    ("usual, each with a call", |i| (usual(i), usual(i / 3))),
    ("usual, each tenth has one key more", |i| {
        (if i % 10 == 9 { format!("{},tier:gold", usual(i - 1)) } else { usual(i) }, String::new())
    }),
    ("three sets of keys, all with a role", |i| {
        let key = ["cmd", "event", "query"][i % 3];
        (format!("{key}:x{},role:r{}", i / 3 % 10, i / 30 * 3 + i % 3), String::new())
    }),
    ("two sets of keys that share one", |i| {
        (format!("role:r{i},{}:x", if i % 2 == 0 { "cmd" } else { "user" }), String::new())
    }),
    ("each its own key beside the role", |i| (format!("k{i}:x,role:r{i}"), String::new())),
    ("three sets of keys that share one each", |i| {
        let pairs = [("a", "b"), ("b", "c"), ("a", "c")][i % 3];
        (format!("{}:{i},{}:{i},x:{}", pairs.0, pairs.1, i % 3), String::new())
    }),
    ("all called through one wider pattern", |i| {
        (if i == 0 { "role:p".into() } else { usual(i) }, format!("cmd:c{i},role:p"))
    }),
    ("globs of one key", |i| (format!("path:/p{i}/*"), String::new())),
    ("globs beside a role", |i| (format!("cmd:c{i}*,role:r{}", i / 10), String::new())),
    ("all ambiguous", |i| (format!("k{i}:x,l{i}:x"), String::new())),
    ("all duplicates", |_| ("k:x,l:x".into(), String::new())),
];

fn usual(i: usize) -> String {
    format!("cmd:c{},role:r{}", i % 10, i / 10)
}

fn measure(name: &str, n: usize, line: Line) {
    let list: &'static [Info] = (0..n)
        .map(|i| {
            let (keys, calls) = line(i);
            info(leak(format!("f{i}")), &keys, &calls)
        })
        .collect::<Vec<_>>()
        .leak();
    let (mut best, mut found) = (Duration::MAX, 0);
    for _ in 0..15 {
        let start = Instant::now();
        let conflicts = conflicts(&[list]);
        best = best.min(start.elapsed());
        found = conflicts.problems().len() + conflicts.more();
    }
    println!("  {name:40} {best:>12.1?}   {found} problems");
}

fn leak(text: String) -> &'static str {
    text.leak()
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn value(text: &str) -> ValueRef<'_> {
    if text.contains('*') { ValueRef::Glob(text) } else { ValueRef::Str(text) }
}

fn pattern(keys: &str) -> PatternInfo {
    let text = leak(keys.to_owned());
    let keys = text.split(',').map(|pair| {
        let (name, text) = pair.split_once(':').unwrap();
        KeyInfo::new(name, value(text), hash(name), hash(pair))
    });
    PatternInfo::new(keys.collect::<Vec<_>>().leak(), text)
}

fn info(name: &'static str, keys: &str, calls: &str) -> Info {
    let place = Place::new("src/lib.rs", 1);
    let needs: &'static [&'static [Need]] = if calls.is_empty() {
        &[]
    } else {
        let id = std::any::TypeId::of::<()>();
        let message =
            MessageInfo::of_type(("M", "m", place, ""), pattern(calls), "", &[], types, id, |_| Ok(()));
        vec![&*vec![Need::Calls(Box::leak(Box::new(message)))].leak()].leak()
    };
    let PatternInfo { keys, text, .. } = pattern(keys);
    Info::new(Kind::Service, keys, text, name, "m", place.file, place.line, "", None, shim).with_needs(needs)
}

fn types() -> [TypeSketch; 3] {
    [TypeSketch::new("M", None), TypeSketch::new("R", None), TypeSketch::new("E", None)]
}

fn shim<'a>(_: &Context<'_>, _: Input<'_, 'a>, _: Output<'_>) -> Started<'a> {
    Err(Stopped::ENDED)
}

/// A crate with the handlers of the sets whose names begin with `what`.
fn emit(n: usize, what: &str, check: bool) -> String {
    let (_, line) = SETS.iter().find(|(name, _)| name.starts_with(what)).expect("a set");
    let mut out = String::from("#![allow(dead_code)]\nuse matchbus::__private::*;\n");
    out.push_str(
        "fn shim<'a>(_: &Context<'_>, _: Input<'_, 'a>, _: Output<'_>) -> Started<'a> { Err(Stopped::ENDED) }\n",
    );
    out.push_str("fn types() -> [TypeSketch; 3] { loop {} }\n");
    let keys = |text: &str| {
        let mut out = String::new();
        for pair in text.split(',') {
            let (name, text) = pair.split_once(':').unwrap();
            let (a, b) = (hash(name), hash(pair));
            write!(out, "KeyInfo::new({name:?}, ValueRef::{:?}, {a}, {b}),", value(text)).unwrap();
        }
        format!("&[{out}], {text:?}")
    };
    for i in 0..n {
        let (text, calls) = line(i);
        let mut needs = String::new();
        if !calls.is_empty() {
            let pattern = keys(&calls);
            writeln!(
                out,
                "const M{i}: MessageInfo = MessageInfo::of_type((\"M{i}\", \"m\", Place::new(\"m.rs\", {i}), \"\"), \
                 PatternInfo::new({pattern}), \"\", &[], types, std::any::TypeId::of::<()>(), |_| Ok(()));"
            )
            .unwrap();
            needs = format!("&[Need::Calls(&M{i})]");
        }
        writeln!(
            out,
            "const F{i}: Info = Info::new(Kind::Service, {}, \"f{i}\", \"m\", \"src/lib.rs\", {i}, \"\", None, shim)\
             .with_needs(&[{needs}]);",
            keys(&text)
        )
        .unwrap();
    }
    let names: Vec<_> = (0..n).map(|i| format!("&[F{i}]")).collect();
    writeln!(out, "pub const LISTS: &[&[Info]] = &[{}];", names.join(", ")).unwrap();
    // Both crates evaluate the list itself, which `services![…]` is there for anyway.
    out.push_str("const _: () = assert!(!LISTS.is_empty());\n");
    if check {
        out.push_str("const _: () = refuse_conflicts(LISTS);\n");
    }
    out
}
