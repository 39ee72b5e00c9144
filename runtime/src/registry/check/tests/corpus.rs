//! The corpus: `faults.txt` and `sound.txt`.
//!
//! Each set begins with `# what it shows`, then perhaps `@list` or `@start` (otherwise it is checked as a registry),
//! then its handlers, then `=> ` and the first line of each problem, in order.

use super::build::entries;
use crate::registry::check::{CheckAt, problems};

fn sets(corpus: &'static str) -> impl Iterator<Item = (&'static str, CheckAt, String, Vec<&'static str>)> {
    corpus.split("\n# ").skip(1).map(|set| {
        let (title, body) = set.split_once('\n').unwrap();
        let (mut at, mut handlers, mut expected) = (CheckAt::Registry, String::new(), Vec::new());
        for line in body.lines() {
            match line {
                "@list" => at = CheckAt::List,
                "@start" => at = CheckAt::Start,
                _ if line.starts_with("=> ") => expected.push(&line[3..]),
                _ => {
                    handlers.push_str(line);
                    handlers.push('\n');
                }
            }
        }
        (title, at, handlers, expected)
    })
}

#[test]
fn faulty_sets_are_refused() {
    let mut n = 0;
    for (title, at, handlers, expected) in sets(include_str!("faults.txt")) {
        let mut entries = entries(&handlers);
        let found = problems(entries.iter().copied(), at);
        let headlines: Vec<_> =
            found.problems().iter().map(|p| p.to_string().lines().next().unwrap().to_owned()).collect();
        assert_eq!(headlines, expected, "{title}\n{found}");
        // The order of linking changes nothing.
        for _ in 0..entries.len() {
            entries.rotate_left(1);
            assert_eq!(problems(entries.iter().copied(), at).to_string(), found.to_string(), "{title}");
        }
        entries.reverse();
        assert_eq!(problems(entries.iter().copied(), at).to_string(), found.to_string(), "{title}");
        n += 1;
    }
    assert!(n >= 40, "{n} sets");
}

#[test]
fn sound_sets_are_accepted() {
    let mut n = 0;
    for (title, at, handlers, expected) in sets(include_str!("sound.txt")) {
        let found = problems(entries(&handlers), at);
        assert!(found.is_empty() && expected.is_empty(), "{title}\n{found}");
        n += 1;
    }
    assert!(n >= 40, "{n} sets");
}
