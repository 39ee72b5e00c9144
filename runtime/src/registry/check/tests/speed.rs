//! Sets that a check of all pairs would take minutes for, or never end. Not timed: `examples/check_speed.rs` is.

use std::fmt::Write as _;

use super::build::check;
use crate::registry::check::CheckAt;

#[track_caller]
fn sound(line: impl Fn(usize) -> String) {
    let mut lines = String::new();
    for i in 0..3000 {
        writeln!(lines, "{}", line(i)).unwrap();
    }
    let found = check(&lines, CheckAt::Start);
    assert!(found.is_empty(), "{found}");
}

#[test]
fn two_sets_of_keys_share_one() {
    sound(|i| format!("service m::f{i} role:r{i},{}:x", if i % 2 == 0 { "cmd" } else { "user" }));
}

#[test]
fn each_has_its_own_keys_but_one() {
    sound(|i| format!("service m::f{i} role:r{i},k{i}:x"));
}

#[test]
fn three_sets_of_keys_share_one_each() {
    sound(|i| match i % 3 {
        0 => format!("service m::f{i} a:a{i},b:b{i},x:1"),
        1 => format!("service m::f{i} b:b{i},c:c{i},x:2"),
        _ => format!("service m::f{i} a:a{i},c:c{i},x:3"),
    });
}

#[test]
fn all_are_ranked() {
    sound(|i| format!("service m::f{i} k{i}:x rank({i})"));
}

#[test]
fn all_are_alternatives() {
    sound(|i| format!("service m::f{i} k:x alternative {}", if i == 7 { "" } else { "unmounted" }));
}

#[test]
fn all_call_what_a_wider_pattern_answers() {
    sound(|i| {
        format!(
            "service m::f{i} {} calls(GetPrice)",
            if i == 7 { "role:price".into() } else { format!("cmd:c{i},role:r{i}") }
        )
    });
}

#[test]
fn all_are_globs() {
    sound(|i| format!("service m::f{i} path:/api/p{i}/*"));
    sound(|i| format!("service m::f{i} path:*/p{i}.js"));
    sound(|i| {
        format!("service m::f{i} path:{}", if i % 2 == 0 { format!("/p{i}/*") } else { format!("/p{i}/a") })
    });
}
