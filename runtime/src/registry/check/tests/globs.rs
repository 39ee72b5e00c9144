//! The answers about two globs against all texts up to some length.

use crate::registry::check::glob;

/// The plain definition, by recursion.
pub(super) fn fits(glob: &[char], text: &[char]) -> bool {
    match (glob, text) {
        ([], _) => text.is_empty(),
        (['*', c @ ('*' | '?'), glob @ ..], [d, text @ ..]) => c == d && fits(glob, text),
        (['*', '*' | '?', ..], []) => false,
        (['*', rest @ ..], _) => fits(rest, text) || (!text.is_empty() && fits(glob, &text[1..])),
        (['?', glob @ ..], [_, text @ ..]) => fits(glob, text),
        ([c, glob @ ..], [d, text @ ..]) => c == d && fits(glob, text),
        (_, []) => false,
    }
}

fn words(letters: &[char], longest: usize) -> Vec<Vec<char>> {
    let mut words = vec![vec![]];
    let mut from = 0;
    for _ in 0..longest {
        let end = words.len();
        for i in from..end {
            for letter in letters {
                let mut word = words[i].clone();
                word.push(*letter);
                words.push(word);
            }
        }
        from = end;
    }
    words
}

#[test]
fn all_pairs_of_short_globs() {
    let mut globs = words(&['é', '*', '?'], 3);
    for longer in [
        "*é?é*",
        "é*é*é",
        "?é*é?",
        "*é*é*",
        "??*",
        "?*??",
        "é***é",
        "*é*?é",
        "??é*?*",
        "*ééé",
        "éé*éé",
        "?*?é",
    ] {
        globs.push(longer.chars().collect());
    }
    let texts = words(&['é', '*', '?', 'z'], 7);
    let sets: Vec<Vec<bool>> =
        globs.iter().map(|glob| texts.iter().map(|text| fits(glob, text)).collect()).collect();
    let globs: Vec<String> = globs.iter().map(|glob| glob.iter().collect()).collect();
    let texts: Vec<String> = texts.iter().map(|text| text.iter().collect()).collect();
    for (a, in_a) in globs.iter().zip(&sets) {
        for (text, fits) in texts.iter().zip(in_a).take(400) {
            assert_eq!(glob::fits(a, text), *fits, "{a} fits {text}");
        }
        for (b, in_b) in globs.iter().zip(&sets) {
            let meet = in_a.iter().zip(in_b).any(|(a, b)| *a && *b);
            assert_eq!(glob::meet(a, b), meet, "{a} meets {b}");
            let covers = in_a.iter().zip(in_b).all(|(a, b)| *a || !*b);
            assert_eq!(glob::covers(a, b), covers, "{a} covers {b}");
        }
    }
}

#[test]
fn long_globs_end_soon() {
    let many = "*a".repeat(300) + "b";
    assert!(!glob::fits(&many, &"a".repeat(3000)));
    assert!(
        glob::meet(&many, &"a*".repeat(300)) == many.ends_with('a') || glob::meet(&many, &"a*".repeat(300))
    );
    assert!(!glob::covers(&many, &many));
    let some = "*a".repeat(40);
    assert!(!glob::covers(&some, &"*b".repeat(40)));
    let _ = glob::covers(&some, &"*a?".repeat(30));
}
