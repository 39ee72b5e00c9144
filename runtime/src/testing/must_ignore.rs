use crate::registry::Info;

/// A key that nobody has.
const UNKNOWN: &[u8] = br#"{"matchbus-test:unknown-key":{"may":["be","anything"]}}"#;

/// Checks that each handler accepts keys that it does not know (rule M2, MUST IGNORE): a message that grows must not
/// be refused by those who were written before.
///
/// ```
/// # use matchbus::prelude::*;
/// # #[derive(Message, Serialize, Deserialize)]
/// # #[message(role = "math", cmd = "double", reply(i64))]
/// # struct Double { n: i64 }
/// # #[service(role = "math", cmd = "double")]
/// # fn double(msg: Double) -> i64 { msg.n * 2 }
/// matchbus::testing::must_ignore(matchbus::services![double]);
/// ```
///
/// # Panics
///
/// A handler's message type refuses unknown keys; the text lists all of them.
pub fn must_ignore(services: &[&'static [Info]]) {
    let mut text = String::new();
    for info in services.iter().copied().flatten() {
        let Some(message) = info.message else { continue };
        if let Err(why) = (message.try_read)(UNKNOWN) {
            // Serde looks at the keys that are there before it misses those that are not.
            if why.contains("unknown field") {
                text += &format!(
                    "\n- `{}` ({}:{}) takes `{}`, which refuses unknown keys: {why}",
                    info.name, info.place.file, info.place.line, message.name
                );
            }
        }
    }
    assert!(text.is_empty(), "a handler must ignore keys it does not know (MUST IGNORE):{text}");
}
