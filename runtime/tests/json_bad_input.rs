//! What `Scan::read` refuses: each kind with its code and its place (rules M7, R19; RFC 8259).

use matchbus::message::json::{Limits, Scan};

/// Text, code, offset, path.
type Case = (&'static str, &'static str, usize, &'static str);

const SYNTAX: &[Case] = &[
    ("", "syntax", 0, "$"),
    (" \n", "syntax", 2, "$"),
    ("\0", "syntax", 0, "$"),
    ("nonsense", "not-an-object", 0, "$"),
    ("hello", "syntax", 0, "$"),
    ("}", "syntax", 0, "$"),
    ("\u{FEFF}{}", "syntax", 0, "$"),
    ("{\u{FEFF}}", "syntax", 1, "$"),
    // Objects.
    ("{", "syntax", 1, "$"),
    ("{,}", "syntax", 1, "$"),
    ("{1:2}", "syntax", 1, "$"),
    ("{a:2}", "syntax", 1, "$"),
    ("{'a':2}", "syntax", 1, "$"),
    (r#"{"a"}"#, "syntax", 4, "$.a"),
    (r#"{"a" 1}"#, "syntax", 5, "$.a"),
    (r#"{"a":}"#, "syntax", 5, "$.a"),
    (r#"{"a"::1}"#, "syntax", 5, "$.a"),
    (r#"{"a":1,}"#, "syntax", 7, "$"),
    (r#"{"a":1 "b":2}"#, "syntax", 7, "$.a"),
    (r#"{"a":1,,"b":2}"#, "syntax", 7, "$"),
    (r#"{"a":1]"#, "syntax", 6, "$.a"),
    (r#"{"a":1}}"#, "syntax", 7, "$"),
    (r#"{"a":1}{}"#, "syntax", 7, "$"),
    (r#"{"a":1} x"#, "syntax", 8, "$"),
    ("{}\0", "syntax", 2, "$"),
    ("{\0}", "syntax", 1, "$"),
    ("{\u{a0}}", "syntax", 1, "$"),
    ("{\u{b}}", "syntax", 1, "$"),
    // Lists.
    (r#"{"a":[}"#, "syntax", 6, "$.a[0]"),
    (r#"{"a":[1,]}"#, "syntax", 8, "$.a[1]"),
    (r#"{"a":[,1]}"#, "syntax", 6, "$.a[0]"),
    (r#"{"a":[1 2]}"#, "syntax", 8, "$.a[0]"),
    (r#"{"a":[1}"#, "syntax", 7, "$.a[0]"),
    (r#"{"a":[{"b":[1,2,x]}]}"#, "syntax", 16, "$.a[0].b[2]"),
    // Strings.
    ("{\"a\":\"\n\"}", "syntax", 6, "$.a"),
    ("{\"a\":\"\0\"}", "syntax", 6, "$.a"),
    ("{\"a\":\"0123456789abcdef\u{1f}\"}", "syntax", 22, "$.a"),
    ("{\"a\tb\":1}", "syntax", 3, "$"),
    (r#"{"a":"\x"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\U0041"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\u00g0"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\u+041"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\u12"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\ud800"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\udc00"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\ud800\n"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\ud800A"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\ud800\ud800"}"#, "syntax", 6, "$.a"),
    (r#"{"a":"\udc00\ud800"}"#, "syntax", 6, "$.a"),
    (r#"{"\ud800":1}"#, "syntax", 2, "$"),
    // Numbers and literals.
    (r#"{"a":01}"#, "syntax", 5, "$.a"),
    (r#"{"a":-01}"#, "syntax", 6, "$.a"),
    (r#"{"a":00}"#, "syntax", 5, "$.a"),
    (r#"{"a":+1}"#, "syntax", 5, "$.a"),
    (r#"{"a":-}"#, "syntax", 6, "$.a"),
    (r#"{"a":.5}"#, "syntax", 5, "$.a"),
    (r#"{"a":1.}"#, "syntax", 7, "$.a"),
    (r#"{"a":1.e3}"#, "syntax", 7, "$.a"),
    (r#"{"a":1e}"#, "syntax", 7, "$.a"),
    (r#"{"a":1e+}"#, "syntax", 8, "$.a"),
    (r#"{"a":1.5.5}"#, "syntax", 8, "$.a"),
    (r#"{"a":0x10}"#, "syntax", 6, "$.a"),
    (r#"{"a":1_000}"#, "syntax", 6, "$.a"),
    (r#"{"a":1e999}"#, "syntax", 5, "$.a"),
    (r#"{"a":-1e400}"#, "syntax", 5, "$.a"),
    (r#"{"a":[0.1,1E309]}"#, "syntax", 10, "$.a[1]"),
    (r#"{"a":NaN}"#, "syntax", 5, "$.a"),
    (r#"{"a":nan}"#, "syntax", 5, "$.a"),
    (r#"{"a":Infinity}"#, "syntax", 5, "$.a"),
    (r#"{"a":-Infinity}"#, "syntax", 6, "$.a"),
    (r#"{"a":True}"#, "syntax", 5, "$.a"),
    (r#"{"a":trux}"#, "syntax", 5, "$.a"),
    (r#"{"a":nullx}"#, "syntax", 9, "$.a"),
    (r#"{"a":undefined}"#, "syntax", 5, "$.a"),
    // Comments.
    (r#"{/**/"a":1}"#, "syntax", 1, "$"),
    ("{\"a\":1}//", "syntax", 7, "$"),
    // JSON, but no object.
    ("[]", "not-an-object", 0, "$"),
    ("  [{}]", "not-an-object", 2, "$"),
    ("null", "not-an-object", 0, "$"),
    ("-1", "not-an-object", 0, "$"),
    ("\"{}\"", "not-an-object", 0, "$"),
    // Keys given twice.
    (r#"{"a":1,"a":1}"#, "duplicate-key", 7, "$.a"),
    (r#"{"":1,"":1}"#, "duplicate-key", 6, r#"$[""]"#),
    (r#"{"a":1,"b":2,"\u0061":1}"#, "duplicate-key", 13, "$.a"),
    (r#"{"\u0061":1,"b":2,"a":1}"#, "duplicate-key", 18, "$.a"),
    (r#"{"\u0061":1,"\u0061":1}"#, "duplicate-key", 12, "$.a"),
    (r#"{"a\/b":1,"a/b":1}"#, "duplicate-key", 10, r#"$["a/b"]"#),
    (r#"{"\ud83d\ude00":1,"😀":1}"#, "duplicate-key", 18, r#"$["😀"]"#),
    (r#"{"user":{"id":1,"x":2,"id":3}}"#, "duplicate-key", 22, "$.user.id"),
    (r#"{"user":{"id":1,"\u0069d":3}}"#, "duplicate-key", 16, "$.user.id"),
    (r#"{"items":[{},{"sku":[]},{"a":{},"sku":1,"sku":2}]}"#, "duplicate-key", 40, "$.items[2].sku"),
    (
        r#"{"a":{"b":{"c":{"a long key of some length":1,"a long key of some length":2}}}}"#,
        "duplicate-key",
        46,
        r#"$.a.b.c["a long key of some length"]"#,
    ),
    // Keys that make serde_json::Value read a string as JSON text.
    (
        r#"{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}"#,
        "reserved-key",
        1,
        r#"$["$serde_json::private::RawValue"]"#,
    ),
    (
        r#"{"a":{"\u0024serde_json::private::Number":"1"}}"#,
        "reserved-key",
        6,
        r#"$.a["$serde_json::private::Number"]"#,
    ),
];

#[test]
fn each_fault_has_its_code_and_its_place() {
    for &(text, code, offset, path) in SYNTAX {
        let refused = Scan::read(text.as_bytes(), &Limits::default()).expect_err(text);
        assert_eq!(
            (refused.code(), refused.offset(), refused.path()),
            (code, offset, path),
            "{text:?}: {refused}"
        );
        assert_eq!(refused.line(), text[..offset].matches('\n').count() + 1, "{text:?}");
        let shown = refused.to_string();
        assert!(shown.contains(refused.path()) && shown.ends_with(refused.cure()), "{shown}");
        assert!(!shown.ends_with('.') && shown.starts_with(char::is_lowercase), "{shown}");
        assert_eq!(refused.is_syntax(), code == "syntax");
        assert_eq!(refused.is_duplicate_key(), code == "duplicate-key");
        assert_eq!(refused.is_not_an_object(), code == "not-an-object");
        assert_eq!(refused.is_reserved_key(), code == "reserved-key");
    }
}

#[test]
fn harmless_neighbours_pass() {
    for text in [
        "{}",
        " \t\r\n{ \n} ",
        r#"{"a":0}"#,
        r#"{"a":-0,"b":0.0e-999,"c":1e308,"d":[]}"#,
        r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}"#,
        r#"{"A":1,"a":1,"a ":1," a":1,"":1}"#,
        r#"{"a":"\u0000\ud83d\ude00\ufffe"}"#,
        r#"{"$serde_json":1,"$serde_j":2,"serde_json::private::Number":3}"#,
        "{\"a\":\"\u{7f}\u{80}\u{2028}😀\"}",
    ] {
        let scan = Scan::read(text.as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(scan.to_value(), serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
}

#[test]
fn text_cut_short_is_incomplete_at_its_end() {
    let text = "{ \"role\" : \"ca\\u0072t\\ud83d\\ude00\\n\", \"n\":[-1.5e+3,{\"a\":true,\"b\":[null,false]}], \"ü\":\"ä😀\" }";
    assert!(Scan::read(text.as_bytes(), &Limits::default()).is_ok());
    for end in 0..text.len() {
        let refused = Scan::read(&text.as_bytes()[..end], &Limits::default()).expect_err("cut short");
        if text.is_char_boundary(end) {
            assert!(refused.is_incomplete() && refused.is_syntax(), "{end}: {refused}");
            assert_eq!(refused.offset(), end, "{refused}");
        } else {
            assert!(refused.is_not_utf8(), "{end}: {refused}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf8() {
    for bad in [&b"\xff"[..], b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"] {
        let mut text = b"{\n\"a\":\"\xc3\xa4".to_vec();
        text.extend(bad);
        text.extend(b"\"}");
        let refused = Scan::read(&text, &Limits::default()).unwrap_err();
        assert_eq!((refused.code(), refused.offset(), refused.path()), ("not-utf8", 9, "$"));
        assert_eq!((refused.line(), refused.column()), (2, 7));
        assert!(refused.is_not_utf8());
    }
    // UTF-16 is none either.
    assert!(Scan::read(b"\xff\xfe{\0}\0", &Limits::default()).unwrap_err().is_not_utf8());
}

#[test]
fn depth_counts_objects_and_lists() {
    let nested = |levels: usize| {
        let (open, close): (String, String) =
            (1..levels).map(|i| if i % 2 == 0 { ("{\"a\":", "}") } else { ("[", "]") }).unzip();
        let close: String = close.chars().rev().collect();
        format!("{{\"a\":{open}1{close}}}")
    };
    assert!(Scan::read(nested(64).as_bytes(), &Limits::default()).is_ok());
    let refused = Scan::read(nested(65).as_bytes(), &Limits::default()).unwrap_err();
    assert!(refused.is_too_deep() && refused.code() == "too-deep");
    assert!(
        refused.path().starts_with("$.a[0].a[0]") && refused.to_string().contains("64 levels"),
        "{refused}"
    );

    let refused = Scan::read(br#"{"x":1,"a":{"b":[{}]}}"#, &Limits::default().depth(3)).unwrap_err();
    assert_eq!((refused.code(), refused.offset(), refused.path()), ("too-deep", 17, "$.a.b[0]"));
    assert!(Scan::read(b"{}", &Limits::default().depth(0)).unwrap_err().is_too_deep());
    // serde_json decodes no deeper than 127, so no more can be allowed; and what is allowed can be decoded.
    let limits = Limits::default().depth(usize::MAX);
    assert!(Scan::read(nested(127).as_bytes(), &limits).unwrap().decode::<serde_json::Value>().is_ok());
    assert!(Scan::read(nested(128).as_bytes(), &limits).unwrap_err().is_too_deep());
    assert!(Scan::read("{\"a\":".repeat(200_000).as_bytes(), &limits).unwrap_err().is_too_deep());
}

#[test]
fn size_counts_bytes() {
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024 - 8));
    assert_eq!(text.len(), 1024 * 1024);
    assert!(Scan::read(text.as_bytes(), &Limits::default()).is_ok());
    let refused = Scan::read(format!("{text} ").as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!((refused.code(), refused.offset(), refused.path()), ("too-large", 1024 * 1024, "$"));
    assert!(refused.is_too_large());
    // The size comes first: nothing of such a text is looked at.
    assert!(Scan::read(&[0xff; 9], &Limits::default().bytes(8)).unwrap_err().is_too_large());
}

#[test]
fn keys_count_at_all_levels() {
    let limits = Limits::default().keys(4);
    assert!(Scan::read(br#"{"a":{"b":1},"c":[{"d":1}]}"#, &limits).is_ok());
    let refused = Scan::read(br#"{"a":{"b":1},"c":[{"d":1},{"e":1}]}"#, &limits).unwrap_err();
    assert_eq!((refused.code(), refused.offset(), refused.path()), ("too-many-keys", 27, "$.c[1].e"));
    assert!(refused.is_too_many_keys());

    let many = |n: usize| {
        let pairs: Vec<String> = (0..n).map(|i| format!("\"k{i}\":{i}")).collect();
        format!("{{{}}}", pairs.join(","))
    };
    let text = many(10_000);
    let scan = Scan::read(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(scan.len(), 10_000);
    assert!((0..10_000).all(|i| scan.key(i) == format!("k{i}") && scan.raw(i) == i.to_string()));
    assert_eq!(scan.to_value(), serde_json::from_str::<serde_json::Value>(&text).unwrap());
    assert!(Scan::read(many(10_001).as_bytes(), &Limits::default()).unwrap_err().is_too_many_keys());
}

/// Around every size at which the way of comparing changes, at the top level and below, with and without escapes.
#[test]
fn a_key_given_twice_is_found_in_objects_of_any_size() {
    for n in [2, 3, 7, 8, 9, 10, 23, 24, 25, 26, 60, 1000] {
        for first in [0, 1, n / 2, n - 2].into_iter().filter(|&first| first < n - 1) {
            for escaped in [false, true] {
                for prefix in ["", "a rather long name, longer than two words, "] {
                    let mut keys: Vec<String> = (0..n).map(|i| format!("{prefix}{i:x}")).collect();
                    let name = keys[first].clone();
                    keys[n - 1] = name.clone();
                    if escaped {
                        let which = if first % 2 == 0 { first } else { n - 1 };
                        let head = u32::from(name.chars().next().unwrap());
                        keys[which] = format!("\\u{head:04x}{}", &name[1..]);
                    }
                    let object = |keys: &[String]| {
                        let pairs: Vec<String> = keys.iter().map(|key| format!("\"{key}\":{{}}")).collect();
                        format!("{{{}}}", pairs.join(","))
                    };
                    let text = object(&keys);
                    let refused = Scan::read(text.as_bytes(), &Limits::default()).expect_err(&text);
                    assert!(refused.is_duplicate_key(), "{n} {first}: {refused}");
                    assert_eq!(refused.offset(), text.rfind(&format!(",\"{}", keys[n - 1])).unwrap() + 1);
                    let nested = format!("{{\"a\":[{text}]}}");
                    assert!(
                        Scan::read(nested.as_bytes(), &Limits::default()).unwrap_err().is_duplicate_key()
                    );
                    // Without the last key all is well, and the siblings' keys do not matter.
                    let text = object(&keys[..n - 1]);
                    let nested = format!("{{\"a\":[{text},{text},{{\"b\":{text},\"c\":{text}}}]}}");
                    let limits = Limits::default();
                    assert!(Scan::read(text.as_bytes(), &limits).is_ok());
                    assert!(Scan::read(nested.as_bytes(), &limits).is_ok(), "{n}");
                }
            }
        }
    }
}

#[test]
fn a_long_key_is_cut_in_the_path() {
    let text = format!("{{\"{}\":x}}", "k".repeat(100_000));
    let refused = Scan::read(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(refused.path(), format!("$.{}…", "k".repeat(48)));
}
