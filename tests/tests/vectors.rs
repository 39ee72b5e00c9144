//! The vectors of npm's patrun, and the program that checks them.

use std::process::{Command, Output};

use matchbus_tests::vectors::{read, run};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/patrun.ndjson");

#[test]
fn every_find_agrees() {
    let cases = read(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let report = run(&cases);
    assert_eq!(cases.len(), 852);
    assert_eq!(report.disagreements.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
    assert_eq!((report.agree, report.finds), (6814, 6814));
    assert_eq!((report.lists_agree, report.lists), (212, 212));
    let deliberate: Vec<(&str, usize)> = report.deliberate.into_iter().collect();
    let expected = [
        ("list-empty-text", 8),
        ("list-inherited-name", 1),
        ("list-root", 25),
        ("quirk-empty-key", 1),
        ("quirk-remove", 1),
    ];
    assert_eq!(deliberate, expected);
}

fn check(name: &str, content: &str) -> Output {
    let path = std::env::temp_dir().join(format!("matchbus-vectors-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vectors")).arg(&path).output().unwrap();
    std::fs::remove_file(path).unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_program_counts_and_tells_disagreements() {
    let good = r#"{"name":"n","patterns":[{"pattern":{"a":1},"data":"A"}],"finds":[{"msg":{"a":"1"},"expect":"A"}]}"#;
    let output = check("good", &format!("{good}\n\n{good}\n"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "agree 2 of 2\n"));

    let array = format!("[{good},\n{good}]");
    let output = check("array", &array);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "agree 2 of 2\n"));

    let bad = good.replace(r#""expect":"A""#, r#""expect":"A","spec":null"#);
    let output = check("bad", &format!("{good}\n{bad}"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "n []: find {\"a\":\"1\"}: expected null, got \"A\"\nagree 1 of 2\n");
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line() {
    let output = check("malformed", "{\"name\":\"a\",\"patterns\":[],\"finds\":[]}\n{\"name\":1}\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("line 2: invalid type"), "{}", text(&output.stderr));
    let output = check("empty", "\n");
    assert_eq!(output.status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_vectors")).arg("/no/such/file").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/no/such/file"));
    let output = Command::new(env!("CARGO_BIN_EXE_vectors")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
