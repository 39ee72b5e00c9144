#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message("a\"b" = "c\\d\n\u{1}\u{7f}é", n = -5, star = "x**")]
struct Odd {
    x: u8,
}

fn main() {
    let text = format!("{{{}}}", Odd::INFO.prefix);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json, serde_json::json!({"a\"b": "c\\d\n\u{1}\u{7f}é", "n": -5, "star": "x*"}));
    assert_eq!(json.to_string(), text);
    let _ = Odd { x: 1 };
}
