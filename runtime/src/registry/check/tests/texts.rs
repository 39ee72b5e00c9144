//! The whole text of each kind of problem.

use super::build::check;
use crate::registry::check::{CheckAt, ProblemKind};

#[track_caller]
fn refused(lines: &str, at: CheckAt, kind: ProblemKind, text: &str) {
    let found = check(lines, at);
    assert_eq!(found.to_string(), text);
    assert_eq!(found.problems().len(), 1);
    assert_eq!(found.problems()[0].kind(), kind);
}

#[test]
fn duplicate() {
    let text = "\
two handlers have the pattern `cmd:add,role:cart`
  - shop::cart::add (src/lib.rs:1)
  - stock::insert (src/lib.rs:2)
  remove one, ask for one more key in one, or write `overrides` in the one that is to replace the other";
    let lines = "service shop::cart::add cmd:add,role:cart\nservice stock::insert cmd:add,role:cart";
    refused(lines, CheckAt::List, ProblemKind::Duplicate, text);
}

#[test]
fn duplicate_beside_an_alternative() {
    let text = "\
two handlers have the pattern `cmd:pay`
  - paypal::pay (src/lib.rs:1)
  - stripe::pay (src/lib.rs:2)
  only one of them says `alternative`: write it in both and mount one of them, or remove one";
    let lines = "service paypal::pay cmd:pay\nservice stripe::pay cmd:pay alternative";
    refused(lines, CheckAt::List, ProblemKind::Duplicate, text);
}

#[test]
fn two_overrides() {
    let text = "\
two handlers override the pattern `x:1`
  - b::f (src/lib.rs:2)
  - c::f (src/lib.rs:3)
  only one can: remove one, or ask for one more key in it instead of `overrides`";
    let lines = "service a::f x:1\nservice b::f x:1 overrides\nservice c::f x:1 overrides";
    refused(lines, CheckAt::List, ProblemKind::TwoOverrides, text);
}

#[test]
fn two_alternatives() {
    let text = "\
two alternatives for the pattern `cmd:pay` are mounted
  - shop::paypal::pay (src/lib.rs:1)
  - shop::stripe::pay (src/lib.rs:2)
  mount one: `--only paypal` or `--only stripe`";
    let lines =
        "service shop::paypal::pay cmd:pay alternative\nservice shop::stripe::pay cmd:pay alternative";
    refused(lines, CheckAt::Start, ProblemKind::TwoAlternatives, text);
}

#[test]
fn two_alternatives_in_one_service() {
    let text = "\
two alternatives for the pattern `cmd:pay` are mounted
  - pay::paypal (src/lib.rs:1)
  - pay::stripe (src/lib.rs:2)
  both are in service `pay`: give each a name of its own with `group(…)`, and mount one of them with `--only …`";
    let lines = "service pay::paypal cmd:pay alternative\nservice pay::stripe cmd:pay alternative";
    refused(lines, CheckAt::Start, ProblemKind::TwoAlternatives, text);
}

#[test]
fn twice() {
    let text = "\
a handler is listed twice with the pattern `x:1`
  - a::f (src/lib.rs:7)
  remove one of the two";
    refused("service a::f x:1 line(7)\nservice a::f x:1 line(7)", CheckAt::List, ProblemKind::Twice, text);
}

#[test]
fn ambiguous() {
    let text = "\
a message can match both `cmd:add,role:cart` and `role:cart,user:vip`, and neither has more keys
  - cart::add (src/lib.rs:1)
  - cart::vip (src/lib.rs:2)
  ask for one more key in one, or write `rank(1)` in the one that is to win";
    let lines = "service cart::add cmd:add,role:cart\nservice cart::vip role:cart,user:vip";
    refused(lines, CheckAt::List, ProblemKind::Ambiguous, text);
}

#[test]
fn ambiguous_by_equal_ranks() {
    let text = "\
a message can match both `a:1` and `b:1`, and neither has more keys
  - a::f (src/lib.rs:1)
  - b::f (src/lib.rs:2)
  both say `rank(-2)`: give the one that is to win a higher rank";
    let lines = "service a::f a:1 rank(-2)\nservice b::f b:1 rank(-2)";
    refused(lines, CheckAt::List, ProblemKind::Ambiguous, text);
}

#[test]
fn overrides_nothing() {
    let text = "\
no other handler has the pattern `x:1`, which is marked `overrides`
  - a::f (src/lib.rs:1)
  link the crate that has the other handler, mark the message `external` if another program has it, correct the pattern, or remove `overrides`";
    refused("service a::f x:1 overrides", CheckAt::Registry, ProblemKind::OverridesNothing, text);
}

#[test]
fn unreachable() {
    let text = "\
the handler of `cmd:add` gets no message: `cmd:*` matches all of them and has the higher rank, 5 against 0
  - a::f (src/lib.rs:1)
  - a::g (src/lib.rs:2)
  give the first a rank above 5, or remove it";
    let lines = "service a::f cmd:add\nservice a::g cmd:* rank(5)";
    refused(lines, CheckAt::List, ProblemKind::Unreachable, text);
}

#[test]
fn unanswered_call() {
    let text = "\
no handler answers `GetPrice`, whose pattern is `cmd:get,role:price`
  - cart::add (src/lib.rs:1) calls it
  add a handler, link the crate that has it, end a list that is not all with `, ..`, or mark the message `external`";
    let lines = "service cart::add cmd:add,role:cart calls(GetPrice)";
    refused(lines, CheckAt::List, ProblemKind::Unanswered, text);
}

#[test]
fn unanswered_event() {
    let text = "\
no handler takes `ItemAdded`, whose pattern is `event:item-added,role:cart`
  - cart::add (src/lib.rs:1) emits it
  add a handler, link the crate that has it, end a list that is not all with `, ..`, or mark the message `external`";
    let lines = "service cart::add cmd:add,role:cart emits(ItemAdded)";
    refused(lines, CheckAt::List, ProblemKind::Unanswered, text);
}

#[test]
fn handlers_of_a_problem() {
    let found = check("service b::f x:1\nservice a::f x:1", CheckAt::List);
    let names: Vec<_> = found.problems()[0].handlers().iter().map(|info| info.module).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(found.problems()[0].kind().as_str(), "duplicate");
    let found = check("service a::f x:1 overrides", CheckAt::Registry);
    assert_eq!(found.problems()[0].handlers().len(), 1);
}

#[test]
fn twenty_problems_are_told() {
    use std::fmt::Write as _;
    let mut lines = String::new();
    for i in 0..50 {
        writeln!(lines, "service m{i:02}::f x:1").unwrap();
    }
    let found = check(&lines, CheckAt::List);
    assert_eq!((found.problems().len(), found.more()), (20, 29));
    assert!(found.problems()[19].to_string().contains("m20::f"));
    assert!(found.to_string().ends_with("\n… and 29 more"));

    lines.clear();
    for i in 0..500 {
        writeln!(lines, "service m::f{i} k{i}:1").unwrap();
    }
    let found = check(&lines, CheckAt::List);
    assert!(found.to_string().ends_with("\n… and at least 180 more"), "{found}");
}

#[test]
fn what_hands_on_to_other_programs() {
    let lines = "
        service a::base a:1
        service a::special a:1,b:1 prior
        service a::over a:1 overrides prior
        service c::special c:1,d:1|a:1,c:1 prior
        service c::other c:1,d:2
        service e::over e:1 overrides prior
        service e::does_without f:1 prior(optional)";
    let infos: Vec<_> = super::build::entries(lines).iter().map(|entry| entry.info).collect();
    let outside = crate::registry::hands_on_outside(&infos);
    let told: Vec<_> = outside.iter().map(|(info, pattern)| (info.name, pattern.text)).collect();
    assert_eq!(told, [("special", "c:1,d:1"), ("over", "e:1")]);
}
