use std::fmt::Write as _;

use serde_json::{Value, json};

use super::TestBus;
use super::sample::{UNKNOWN_KEY, objects, sample, with_unknown_key};
use crate::bus::{Mounted, Origin, Target};
use crate::list::List;
use crate::message::json::Scan;
use crate::message::{CallError, MessageInfo};
use crate::pattern::{Pattern, ValueRef};
use crate::registry::{Info, Kind};

/// Checks that each handler's message type accepts keys that it does not know (rule M2, MUST IGNORE), at the top and in
/// every object within: a message that grows must not be refused by those who were written before.
///
/// For each type a message is made up, guided by what serde says of it; of a type for which that fails, such as one with a
/// reader of its own, only the top level is looked at. [`TestBus::must_ignore`] runs the handlers too.
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
        if let Some(why) = refuses(message) {
            let _ = write!(
                text,
                "\n- `{}` ({}:{}) takes `{}`, which refuses unknown keys: {why}",
                info.name, info.place.file, info.place.line, message.name
            );
        }
    }
    fail(&text);
}

fn fail(text: &str) {
    assert!(text.is_empty(), "a handler must ignore keys it does not know (MUST IGNORE):{text}");
}

/// Why the type refuses an unknown key somewhere.
fn refuses(message: &MessageInfo) -> Option<String> {
    // Where nothing can be made up: serde looks at the keys that are there before it misses those that are not.
    let sample = sample(message).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    objects(&sample).iter().find_map(|path| {
        let why = (message.try_read)(with_unknown_key(&sample, path).to_string().as_bytes()).err()?;
        let place = if path.is_empty() { "at the top" } else { path };
        (why.contains("unknown field") && why.contains(UNKNOWN_KEY)).then(|| format!("{place}: {why}"))
    })
}

impl TestBus {
    /// Checks that each service here ignores keys that it does not know (rule M2, MUST IGNORE): it is given a message as it
    /// is, and again with an unknown key at the top and in each object within, and must answer as before.
    ///
    /// The message is the first of those that the test has called it with, or else made up; so a handler for whose type none
    /// can be made up must be called before. Handlers run several times, with all that they do; what they call is best
    /// [replaced](super::TestBuilder::replace). Of a handler that answers equal messages differently only is compared
    /// whether it answers. A handler may hand back the key; of errors only the codes are compared, since a text may quote the
    /// message.
    ///
    /// ```
    /// # use matchbus::prelude::*;
    /// # use matchbus::testing::TestBus;
    /// # #[derive(Message, Serialize, Deserialize)]
    /// # #[message(role = "math", cmd = "double", reply(i64))]
    /// # struct Double { n: i64 }
    /// # #[service(role = "math", cmd = "double")]
    /// # fn double(msg: Double) -> i64 { msg.n * 2 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// TestBus::of(matchbus::services![double]).start().must_ignore().await;
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// A service refuses an unknown key or answers otherwise because of it, or no message can be made up for it; the text
    /// lists all of them.
    pub async fn must_ignore(&self) {
        let recorded: Vec<Value> = self.messages().into_iter().map(|recorded| recorded.message).list();
        let mut text = String::new();
        let all = &self.core().handlers;
        let stand_ins = all.iter().filter(|handler| handler.about.info().is_none());
        let replaced: Vec<u32> = stand_ins.filter_map(|handler| handler.replaced).list();
        for handler in all.iter().filter(|handler| !replaced.contains(&handler.flow)) {
            let index = handler.flow;
            let Some(info) = handler.about.info().filter(|_| handler.kind == Kind::Service) else { continue };
            if let Some(why) = self.minds(index, handler, &recorded).await {
                let (file, line) = (info.place.file, info.place.line);
                let _ = write!(text, "\n- `{}` ({file}:{line}): {why}", info.name);
            }
        }
        fail(&text);
    }

    /// What the handler makes of an unknown key, if it does not ignore it.
    async fn minds(&self, index: u32, handler: &Mounted, recorded: &[Value]) -> Option<String> {
        let refused = handler.about.message().and_then(refuses);
        if let Some(why) = refused {
            return Some(format!("its message's type refuses unknown keys: {why}"));
        }
        let came = recorded.iter().find(|message| self.goes_to(message) == Some(index));
        let Some(message) = came.cloned().or_else(|| made_up(handler)) else {
            return Some("no message can be made up for it; call it once in this test before".into());
        };
        let answer = self.answer(index, &message).await;
        let steady = self.answer(index, &message).await == answer;
        for path in objects(&message) {
            let changed = with_unknown_key(&message, &path);
            if handler.about.message().is_some_and(|about| is_in_map(about, &message, &changed, &path)) {
                continue;
            }
            let place = if path.is_empty() { "at the top".into() } else { format!("in {path}") };
            let other = self.answer(index, &changed).await;
            if !alike(&other, &answer) && (steady || other.is_ok() != answer.is_ok()) {
                let shown = |answer: &Answer| match answer {
                    Ok(reply) => reply.clone(),
                    Err((code, text)) => format!("the error `{code}: {text}`"),
                };
                return Some(format!(
                    "with an unknown key {place} of {message} it answers {}, and without that key {}",
                    shown(&other),
                    shown(&answer)
                ));
            }
        }
        None
    }

    fn goes_to(&self, message: &Value) -> Option<u32> {
        let bytes = message.to_string();
        let scan = Scan::read(bytes.as_bytes(), self.limits()).ok()?;
        self.core().services.find(&scan)
    }

    async fn answer(&self, index: u32, message: &Value) -> Answer {
        let bytes = message.to_string().into_bytes();
        let reply = self.core().act_boxed(bytes, &Origin::default(), Target::Handler(index)).await;
        reply.map(|reply| String::from_utf8_lossy(&reply).into_owned()).map_err(|error| match error {
            // Without the message's id, which is another one each time.
            CallError::Bus(error) => (error.code().to_string(), error.text().to_string()),
            CallError::App(error) => (error.code.clone(), error.to_string()),
        })
    }
}

/// A reply, or an error's code and text.
type Answer = Result<String, (String, String)>;

/// Whether the unknown key made no difference. It may be in the answer: what a flattened map is given by design, it keeps.
fn alike(with: &Answer, without: &Answer) -> bool {
    match (with, without) {
        // An error of the handler's own may quote the message.
        (Err((with, _)), Err((without, _))) => with == without,
        (Ok(with), Ok(without)) => {
            with == without || cleaned(with).is_some_and(|with| Some(with) == read(without))
        }
        _ => false,
    }
}

fn read(reply: &str) -> Option<Value> {
    serde_json::from_str(reply).ok()
}

/// The reply as it is without the unknown key.
fn cleaned(reply: &str) -> Option<Value> {
    let mut reply = read(reply)?;
    for path in objects(&reply) {
        if let Some(Value::Object(object)) = reply.pointer_mut(&path) {
            object.remove(UNKNOWN_KEY);
        }
    }
    Some(reply)
}

/// Whether the key went into a map, whose values have a type: the type takes the message, and this key only with another
/// value.
fn is_in_map(about: &MessageInfo, message: &Value, changed: &Value, path: &str) -> bool {
    let read = |message: &Value| (about.try_read)(message.to_string().as_bytes());
    let Err(why) = read(changed) else { return false };
    if read(message).is_err() {
        return false;
    }
    // Of an untagged `enum` serde does not say what it minds, so other values are tried; of all else it names the value.
    let takes = |value: Value| {
        let mut other = changed.clone();
        if let Some(Value::Object(object)) = other.pointer_mut(path) {
            object.insert(UNKNOWN_KEY.to_owned(), value);
        }
        read(&other).is_ok()
    };
    !why.contains("did not match any variant")
        || [json!(1), json!("a"), json!(true), json!(1.5), json!([]), Value::Null].into_iter().any(takes)
}

/// A message of the handler's type and pattern.
fn made_up(handler: &Mounted) -> Option<Value> {
    let mut message = match handler.about.message() {
        Some(message) => sample(message)?,
        None => Value::Object(serde_json::Map::new()),
    };
    let object = message.as_object_mut()?;
    let own = handler.about.message().map(|message| Pattern::from(&message.pattern));
    for (key, value) in own.iter().flat_map(Pattern::iter).chain(handler.pattern.iter()) {
        let value = match value.as_ref() {
            ValueRef::Str(text) => text.into(),
            ValueRef::Int(n) => n.into(),
            ValueRef::Bool(b) => b.into(),
            ValueRef::Glob("*") if object.contains_key(key) => continue,
            ValueRef::Glob(glob) => glob.replace(['*', '?'], "a").into(),
        };
        object.insert(key.to_owned(), value);
    }
    Some(message)
}
