//! The matcher against a naive oracle that knows nothing but the rules.

use std::cmp::Reverse;

use matchbus::pattern::{Compare, Fields, NumberText, Pattern, Scalar, Value};
use matchbus::router::{Found, Matcher, Reason};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// Patterns in the order in which they were added, with rank and value.
struct Oracle {
    compare: Compare,
    patterns: Vec<(Pattern, i32, u32)>,
}

impl Oracle {
    /// What makes two patterns the same one.
    fn identity(&self, pattern: &Pattern) -> Vec<(String, bool, String)> {
        let text = |value: &Value| match (value, self.compare) {
            (Value::Str(text), Compare::Text) => text.to_string(),
            (Value::Int(n), Compare::Text) => NumberText::from(*n).to_string(),
            (other, _) => other.to_string(),
        };
        pattern.iter().map(|(name, value)| (name.to_owned(), value.is_glob(), text(value))).collect()
    }

    fn position(&self, pattern: &Pattern) -> Option<usize> {
        let identity = self.identity(pattern);
        self.patterns.iter().position(|(p, ..)| self.identity(p) == identity)
    }

    fn add(&mut self, pattern: &Pattern, rank: i32, value: u32) -> Option<u32> {
        if let Some(at) = self.position(pattern) {
            self.patterns[at].1 = rank;
            return Some(std::mem::replace(&mut self.patterns[at].2, value));
        }
        self.patterns.push((pattern.clone(), rank, value));
        None
    }

    fn remove(&mut self, pattern: &Pattern) -> Option<u32> {
        self.position(pattern).map(|at| self.patterns.remove(at).2)
    }

    fn find_all(&self, message: &[(&str, Scalar<'_>)]) -> Vec<u32> {
        let fits = |pattern: &Pattern| {
            pattern.iter().all(|(name, value)| {
                message.iter().any(|(n, found)| *n == name && value.fits(self.compare, *found))
            })
        };
        let mut all: Vec<&(Pattern, i32, u32)> = self.patterns.iter().filter(|(p, ..)| fits(p)).collect();
        let utf8 = |p: &Pattern| p.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        let utf16 = |p: &Pattern| {
            let mut keys: Vec<(Vec<u16>, bool)> =
                p.iter().map(|(name, value)| (name.encode_utf16().collect(), value.is_glob())).collect();
            keys.sort();
            keys.into_iter().unzip::<_, _, Vec<Vec<u16>>, Vec<bool>>()
        };
        match self.compare {
            Compare::Text => all.sort_by_key(|(p, rank, _)| (Reverse(p.len()), Reverse(*rank), utf16(p))),
            _ => all.sort_by_key(|(p, rank, _)| {
                (Reverse(p.len()), Reverse(*rank), Reverse(p.exact()), utf8(p), p.to_string())
            }),
        }
        all.into_iter().map(|(.., value)| *value).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(Pattern, i32),
    Remove(Pattern),
    Find(Vec<(String, Owned)>),
}

#[derive(Clone, Debug)]
enum Owned {
    Value(Value),
    Float(f64),
    Null,
    List,
    Object,
}

impl Owned {
    fn scalar(&self) -> Scalar<'_> {
        match self {
            Owned::Value(Value::Str(text)) => Scalar::Str(text),
            Owned::Value(Value::Int(n)) => Scalar::Int(*n),
            Owned::Value(Value::Bool(b)) => Scalar::Bool(*b),
            Owned::Float(n) => Scalar::Float(*n),
            Owned::List => Scalar::List,
            Owned::Object => Scalar::Object,
            _ => Scalar::Null,
        }
    }
}

fn text() -> impl Strategy<Value = Value> {
    let long = "x".repeat(300);
    select(
        vec!["", "x", "xy", "yx", "1", "0", "true", "null", "a longer text than sixteen", "😀", &long]
            .into_iter()
            .map(Value::text)
            .collect::<Vec<_>>(),
    )
}

fn exact() -> impl Strategy<Value = Value> {
    // Mostly two values, so that patterns fit together.
    prop_oneof![
        12 => select(vec![Value::text("x"), Value::text("xy")]),
        4 => text(),
        2 => (-1i64..3).prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
    ]
}

fn glob() -> impl Strategy<Value = Value> {
    select(["*", "x*", "*x", "?", "??", "?*", "x?", "*y*"].map(Value::from).to_vec())
}

/// Names from a pool: a small one makes many ties, a large one needs the finder without limits.
fn names(many: bool) -> impl Strategy<Value = String> {
    let few = ["a", "b", "c", "～", "😀"].map(String::from).to_vec();
    let all = if many { (0..90).map(|n| format!("n{n}")).chain(few).collect() } else { few };
    // Even of a large pool, most are from a small part, so that patterns meet.
    prop_oneof![1 => select(all.clone()), 3 => select(all[..4].to_vec())]
}

fn pattern(many: bool, globs: bool, keys: usize) -> impl Strategy<Value = Pattern> {
    let value = if globs { prop_oneof![3 => exact(), 2 => glob()].boxed() } else { exact().boxed() };
    btree_map(names(many), value, 0..=keys).prop_map(|pairs| Pattern::new(pairs).unwrap())
}

fn message(many: bool, keys: usize) -> impl Strategy<Value = Vec<(String, Owned)>> {
    let value = prop_oneof![
        12 => exact().prop_map(Owned::Value),
        1 => select(vec![1.0, 1.5, 1e21]).prop_map(Owned::Float),
        1 => Just(Owned::Null),
        1 => Just(Owned::List),
        1 => Just(Owned::Object),
    ];
    let names = prop_oneof![5 => names(many), 1 => "[p-t]{1,9}"];
    btree_map(names, value, 0..=keys).prop_map(|fields| fields.into_iter().collect::<Vec<_>>()).prop_shuffle()
}

fn steps(count: usize, many: bool, keys: usize) -> impl Strategy<Value = Vec<Step>> {
    (any::<bool>(), any::<bool>()).prop_flat_map(move |(globs, ranks)| {
        let rank = if ranks { (-1i32..2).boxed() } else { Just(0).boxed() };
        let step = prop_oneof![
            8 => (pattern(many, globs, keys), rank).prop_map(|(p, r)| Step::Add(p, r)),
            2 => pattern(many, globs, 2).prop_map(Step::Remove),
            4 => message(many, keys * 2 + 2).prop_map(Step::Find),
        ];
        vec(step, 0..count)
    })
}

fn check(compare: Compare, steps: &[Step]) {
    let mut oracle = Oracle { compare, patterns: Vec::new() };
    let mut matcher = Matcher::with_compare(compare);
    for (number, step) in (0u32..).zip(steps) {
        match step {
            Step::Add(pattern, rank) => {
                assert_eq!(matcher.add_ranked(pattern, *rank, number), oracle.add(pattern, *rank, number));
                assert_eq!(matcher.get(pattern), Some(&number));
            }
            Step::Remove(pattern) => {
                assert_eq!(matcher.remove(pattern), oracle.remove(pattern));
                assert_eq!(matcher.get(pattern), None);
            }
            Step::Find(message) => check_find(&matcher, &oracle, message),
        }
        assert_eq!(matcher.len(), oracle.patterns.len());
    }
    let kept: Vec<(Pattern, i32, u32)> =
        matcher.iter().map(|found| (found.pattern(), found.rank(), *found.value())).collect();
    assert_eq!(kept, oracle.patterns);
    let finds =
        steps.iter().filter_map(|step| if let Step::Find(message) = step { Some(message) } else { None });
    finds.clone().for_each(|message| check_find(&matcher, &oracle, message));
    if compare == Compare::Typed {
        // The order of registration does not matter.
        let mut reversed = Matcher::new();
        for (pattern, rank, value) in oracle.patterns.iter().rev() {
            reversed.add_ranked(pattern, *rank, *value);
        }
        finds.for_each(|message| check_find(&reversed, &oracle, message));
    }
}

fn check_find(matcher: &Matcher<u32>, oracle: &Oracle, message: &[(String, Owned)]) {
    let fields: Vec<(&str, Scalar<'_>)> = message.iter().map(|(n, v)| (n.as_str(), v.scalar())).collect();
    let expected = oracle.find_all(&fields);
    let found: Vec<u32> = matcher.find_all(&fields).iter().map(|found| *found.value()).collect();
    assert_eq!(found, expected, "find_all {message:?}");
    let first = matcher.find(&fields);
    assert_eq!(first.map(|found| *found.value()), expected.first().copied(), "find {message:?}");
    let explained = matcher.explain(&fields);
    assert_eq!(explained.winner().cloned(), first.map(|found| found.pattern()));
    let matched: Vec<Option<u32>> =
        explained.matched.iter().map(|m| matcher.get(&m.pattern).copied()).collect();
    assert_eq!(matched, expected.iter().copied().map(Some).collect::<Vec<_>>());
    assert_eq!(explained.reason.is_some(), expected.len() > 1);
    assert!(explained.near.len() <= 5);
    for near in &explained.near {
        assert!(!near.pattern.matches_as(oracle.compare, &fields));
        assert_eq!(near.fitting + near.differences.len(), near.pattern.len());
    }
    assert!(!explained.to_string().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn few_patterns(steps in steps(24, false, 4), text in any::<bool>()) {
        check(if text { Compare::Text } else { Compare::Typed }, &steps);
    }

    #[test]
    fn more_patterns(steps in steps(150, false, 4), text in any::<bool>()) {
        check(if text { Compare::Text } else { Compare::Typed }, &steps);
    }

    #[test]
    fn short_patterns(steps in steps(150, false, 3), text in any::<bool>()) {
        check(if text { Compare::Text } else { Compare::Typed }, &steps);
    }

    #[test]
    fn many_names(mut steps in steps(120, true, 5), text in any::<bool>()) {
        // So long a pattern needs the finder without limits.
        let long = Pattern::new((0..16).map(|n| (format!("n{n}"), 1))).unwrap();
        steps.insert(0, Step::Add(long, 0));
        check(if text { Compare::Text } else { Compare::Typed }, &steps);
    }

    #[test]
    fn long_patterns(steps in steps(60, true, 20), text in any::<bool>()) {
        check(if text { Compare::Text } else { Compare::Typed }, &steps);
    }

    #[test]
    fn text_is_canonical(pattern in pattern(true, true, 6)) {
        prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
    }

    #[test]
    fn any_text_reads_back(name in ".*", value in ".*") {
        for value in [Value::text(value.clone()), Value::from(value)] {
            let pattern = Pattern::new([(name.clone(), value)]).unwrap();
            prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
        }
    }

    #[test]
    fn parsing_never_panics(text in ".*", noise in "[a-c:,\"\\\\~*? 1-]{0,12}") {
        let _ = text.parse::<Pattern>();
        if let Ok(pattern) = noise.parse::<Pattern>() {
            prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
        }
    }

    #[test]
    fn globs_fit_as_a_plain_search_says(glob in "[ab*?]{0,7}", text in "[ab*?]{0,7}") {
        prop_assert_eq!(Value::from(glob.as_str()).fits(Compare::Typed, Scalar::Str(&text)), slow(&glob, &text));
    }

    #[test]
    fn lists_hold_the_pin(patterns in vec(pattern(false, true, 3), 0..30), pin in pattern(false, false, 2)) {
        let matcher: Matcher<()> = patterns.iter().cloned().map(|p| (p, ())).collect();
        let listed: Vec<Pattern> = matcher.list(&pin).iter().map(Found::pattern).collect();
        let holds = |p: &Pattern| pin.iter().all(|(name, value)| p.get(name) == Some(value));
        let mut expected: Vec<Pattern> = patterns.into_iter().filter(holds).collect();
        expected.sort_by_key(Pattern::to_string);
        expected.dedup();
        prop_assert_eq!(listed, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// So many combinations of names that each number of words of the finder's sets has its turn, up to 64, 256 and 1,024 bits.
    #[test]
    fn many_shapes(
        names in select(vec![8usize, 16, 40]),
        long in any::<bool>(),
        messages in vec(btree_map(0usize..40, select(vec!["x", "xy", "y"]), 0..14), 8),
    ) {
        let name = |n: usize| format!("n{n}");
        let mut patterns = vec![];
        for (a, b) in (0..names).flat_map(|a| (a + 1..names).map(move |b| (a, b))) {
            let second = if (a + b) % 5 == 0 { Value::from("x*") } else { Value::from("x") };
            patterns.push(Pattern::new([(name(a), Value::from("x")), (name(b), second)]).unwrap());
        }
        if long {
            patterns.push(Pattern::new((0..5).map(|n| (name(n), "x"))).unwrap());
        }
        let patterns: Vec<_> = patterns.into_iter().zip(0..).map(|(pattern, n)| (pattern, 0, n)).collect();
        let mut matcher = Matcher::new();
        for (pattern, rank, value) in &patterns {
            matcher.add_ranked(pattern, *rank, *value);
        }
        let oracle = Oracle { compare: Compare::Typed, patterns };
        for message in messages {
            let message: Vec<_> =
                message.into_iter().map(|(n, text)| (name(n), Owned::Value(Value::from(text)))).collect();
            check_find(&matcher, &oracle, &message);
        }
    }
}

/// Globs by their definition: exponential and obvious.
fn slow(glob: &str, text: &str) -> bool {
    let mut rest = glob.chars();
    let step = text.chars().next().map(|c| (c, &text[c.len_utf8()..]));
    match rest.next() {
        None => text.is_empty(),
        Some('*') => match rest.clone().next() {
            Some(literal @ ('*' | '?')) => {
                rest.next();
                step.is_some_and(|(c, after)| c == literal && slow(rest.as_str(), after))
            }
            _ => slow(rest.as_str(), text) || step.is_some_and(|(_, after)| slow(glob, after)),
        },
        Some('?') => step.is_some_and(|(_, after)| slow(rest.as_str(), after)),
        Some(literal) => step.is_some_and(|(c, after)| c == literal && slow(rest.as_str(), after)),
    }
}

fn matcher(patterns: &[&str]) -> Matcher<String> {
    patterns.iter().map(|text| (text.parse().unwrap(), (*text).to_owned())).collect()
}

fn winner(patterns: &[&str], message: &[(&str, Scalar<'_>)]) -> Option<String> {
    let winner = matcher(patterns).find(message).map(|found| found.value().clone());
    let backwards: Vec<&str> = patterns.iter().rev().copied().collect();
    assert_eq!(matcher(&backwards).find(message).map(|found| found.value().clone()), winner);
    winner
}

#[test]
fn the_counterexamples_of_patrun_follow_the_rule() {
    let one = Scalar::Int(1);
    let x = Scalar::Str("x");
    for (patterns, message, wins) in [
        (&["a:1", "b:1,c:1"][..], &[("a", one), ("b", one), ("c", one)][..], "b:1,c:1"),
        (&["a:1", "a:1,b:1,z:1", "a:1,c:1"], &[("a", one), ("b", one), ("c", one)], "a:1,c:1"),
        (&["", "a:1,b:1", "c:1"], &[("a", one), ("c", one)], "c:1"),
        (&["", "b:1", "a:1,b:1,c:1"], &[("a", one), ("b", one)], "b:1"),
        (&["a:x,b:1", "a:*,c:1"], &[("a", x), ("c", one)], "a:*,c:1"),
        (&["a:x*,b:1", "a:*,c:1"], &[("a", Scalar::Str("xx")), ("c", one)], "a:*,c:1"),
        (&["a:x,b:1", "a:*"], &[("a", x)], "a:*"),
    ] {
        assert_eq!(winner(patterns, message).as_deref(), Some(wins));
    }
}

#[test]
fn ties_fall_by_exact_values_then_keys_then_text() {
    let (one, x) = (Scalar::Int(1), Scalar::Str("x"));
    assert_eq!(winner(&["a:*", "b:1"], &[("a", one), ("b", one)]).as_deref(), Some("b:1"));
    assert_eq!(winner(&["b:1", "a:1"], &[("a", one), ("b", one)]).as_deref(), Some("a:1"));
    assert_eq!(winner(&["a:x*", "a:*"], &[("a", x)]).as_deref(), Some("a:*"));
    assert_eq!(winner(&["a:1,b:*", "a:*,b:1"], &[("a", one), ("b", one)]).as_deref(), Some("a:*,b:1"));
    // `Z` comes before `a` in byte order.
    assert_eq!(winner(&["a:1", "Z:1"], &[("a", one), ("Z", one)]).as_deref(), Some("Z:1"));
}

#[test]
fn ties_fall_the_same_among_many_patterns() {
    let filler: Vec<String> = (0..40).map(|n| format!("c:{n}")).collect();
    let message = [("a", Scalar::Int(1)), ("b", Scalar::Int(1))];
    for tie in [["a:1,b:*", "a:*,b:1"], ["a:*,b:1", "a:1,b:*"]] {
        let patterns: Vec<&str> = filler.iter().map(String::as_str).chain(tie).collect();
        assert_eq!(winner(&patterns, &message).as_deref(), Some("a:*,b:1"));
        let all = matcher(&patterns).find_all(&message).iter().map(|f| f.value().clone()).collect::<Vec<_>>();
        assert_eq!(all, ["a:*,b:1", "a:1,b:*"]);
    }
}

#[test]
fn patterns_that_differ_in_rank_are_not_mixed_up() {
    let mut matcher = Matcher::new();
    for n in 0..40 {
        matcher.add(&Pattern::new([("c", n)]).unwrap(), String::new());
    }
    // Both ranks know each pair, but only one knows the pattern.
    for (text, rank) in [("a:1,b:1", 0), ("a:1,b:2", 1), ("a:2,b:1", 1)] {
        matcher.add_ranked(&text.parse().unwrap(), rank, text.into());
    }
    let found = matcher.find_all(&[("a", Scalar::Int(1)), ("b", Scalar::Int(1))]);
    assert_eq!(found.iter().map(|f| (f.value().as_str(), f.rank())).collect::<Vec<_>>(), [("a:1,b:1", 0)]);
}

#[test]
fn explanations_name_the_rule() {
    let (one, x) = (Scalar::Int(1), Scalar::Str("x"));
    let reason = |patterns: &[&str], message: &[(&str, Scalar<'_>)]| {
        matcher(patterns).explain(message).reason.unwrap()
    };
    let ab = [("a", one), ("b", one)];
    assert_eq!(reason(&["a:1", "a:1,b:1"], &ab), Reason::MoreKeys { has: 2, other: 1 });
    assert_eq!(reason(&["a:*", "b:1"], &ab), Reason::MoreExact { has: 1, other: 0 });
    assert_eq!(reason(&["a:1", "b:1"], &ab), Reason::KeysFirst { has: "a".into(), other: "b".into() });
    assert_eq!(reason(&["a:x*", "a:*"], &[("a", x)]), Reason::TextFirst);
    let mut text = Matcher::with_compare(Compare::Text);
    text.add(&"a:x*".parse().unwrap(), ());
    text.add(&"a:*".parse().unwrap(), ());
    assert_eq!(text.explain(&[("a", x)]).reason, Some(Reason::AddedFirst));
    text.add(&"a:x".parse().unwrap(), ());
    assert_eq!(text.explain(&[("a", x)]).reason, Some(Reason::TextBeforeGlob { key: "a".into() }));
    text.add_ranked(&"a:*".parse().unwrap(), 2, ());
    assert_eq!(text.explain(&[("a", x)]).reason, Some(Reason::HigherRank { has: 2, other: 0 }));
}

#[test]
fn explanations_read_well() {
    let matcher = matcher(&["role:cart,cmd:add", "role:cart,cmd:drop,v:*", "cmd:ad*"]);
    let message = [("role", Scalar::Str("carts")), ("cmd", Scalar::Str("add")), ("qty", Scalar::Int(1))];
    assert_eq!(
        matcher.explain(&message).to_string(),
        "`cmd:ad*` fits and is the only one\nnear miss `cmd:add,role:cart`: `role` is carts, not cart"
    );
    let message = [("role", Scalar::Str("cart")), ("cmd", Scalar::List)];
    assert_eq!(
        matcher.explain(&message).to_string(),
        "no pattern fits\n\
         near miss `cmd:add,role:cart`: `cmd` is a list, not add\n\
         near miss `cmd:ad*`: `cmd` is a list, which does not fit ad*\n\
         to reach `cmd:add,role:cart`, give `cmd` the value add"
    );
    assert_eq!(Matcher::<()>::new().explain(&message).to_string(), "no pattern fits");
}

#[test]
fn a_thousand_and_more_combinations_of_names_need_no_limit() {
    let name = |n: usize| format!("n{n}");
    let mut matcher = Matcher::new();
    for a in 0..50 {
        for b in a + 1..50 {
            let pattern = Pattern::new([(name(a), 1), (name(b), 2)]).unwrap();
            matcher.add(&pattern, (a, b));
        }
    }
    assert_eq!(matcher.len(), 1225);
    let names: Vec<String> = (0..50).map(name).collect();
    let ones: Vec<(&str, Scalar<'_>)> = names.iter().map(|n| (n.as_str(), Scalar::Int(1))).collect();
    assert!(matcher.find(&ones).is_none());
    let mut message = ones;
    message[40].1 = Scalar::Int(2);
    assert_eq!(*matcher.find(&message).unwrap().value(), (0, 40));
    assert_eq!(matcher.find_all(&message).len(), 40);
}

#[test]
fn a_key_given_twice_does_no_harm() {
    for patterns in [&["a:1,b:1"][..], &["a:1,b:1"; 1]] {
        let matcher = matcher(patterns);
        let twice = [("a", Scalar::Int(1)), ("a", Scalar::Int(1))];
        assert!(matcher.find(&twice).is_none());
        let many = vec![("a", Scalar::Int(1)); 500];
        assert!(matcher.find(&many).is_none());
    }
}

#[test]
fn text_patterns_with_equal_texts_are_the_same() {
    let mut matcher = Matcher::with_compare(Compare::Text);
    assert_eq!(matcher.add(&"n:1".parse().unwrap(), 'a'), None);
    assert_eq!(matcher.add(&"n:\"1\"".parse().unwrap(), 'b'), Some('a'));
    assert_eq!(matcher.remove(&"n:1".parse().unwrap()), Some('b'));
    assert!(matcher.is_empty());
}

#[test]
fn pins_may_be_globs() {
    let matcher = matcher(&["a:x", "a:xy,b:1", "a:x*", "a:1", "b:1", ""]);
    let list = |pin: &str| -> Vec<String> {
        matcher.list(&pin.parse().unwrap()).iter().map(|found| found.pattern().to_string()).collect()
    };
    assert_eq!(list("a:x*"), ["a:x", "a:x*", "a:xy,b:1"]);
    assert_eq!(list("a:*"), ["a:1", "a:x", "a:x*", "a:xy,b:1"]);
    assert_eq!(list("a:x"), ["a:x"]);
    assert_eq!(list("a:*,b:1"), ["a:xy,b:1"]);
    assert_eq!(list("c:*"), [""; 0]);
    assert_eq!(list("").len(), 6);
}

#[test]
fn clones_and_changes_are_apart() {
    let mut first = matcher(&["a:1", "b:1"]);
    let message = [("a", Scalar::Int(1))];
    assert!(first.find(&message).is_some());
    let second = first.clone();
    assert_eq!(first.remove(&"a:1".parse().unwrap()).as_deref(), Some("a:1"));
    assert!(first.find(&message).is_none());
    assert!(second.find(&message).is_some());
    first.clear();
    assert!(first.is_empty() && first.iter().next().is_none());
    assert_eq!(format!("{second:?}"), r#"{"a:1": "a:1", "b:1": "b:1"}"#);
}

#[test]
fn removing_most_of_many_keeps_the_rest() {
    let pattern = |n: u32| Pattern::new([("id", n), ("kind", n % 7)]).unwrap();
    let mut matcher: Matcher<u32> = (0..5000).map(|n| (pattern(n), n)).collect();
    for n in (0..5000).filter(|n| n % 10 != 0) {
        assert_eq!(matcher.remove(&pattern(n)), Some(n));
    }
    assert_eq!(matcher.len(), 500);
    assert!(matcher.iter().map(|found| *found.value()).eq((0..5000).step_by(10)));
    for n in 0..5000 {
        let message = [("kind", Scalar::Int(i64::from(n % 7))), ("id", Scalar::Int(i64::from(n)))];
        assert_eq!(matcher.find(&message).map(|found| *found.value()), (n % 10 == 0).then_some(n));
    }
}

#[test]
fn fields_look_up_by_name() {
    let message = [("a", Scalar::Null)];
    assert_eq!(message.value("a"), Some(Scalar::Null));
    assert_eq!(message.value("b"), None);
    assert!(!message.is_empty());
}
