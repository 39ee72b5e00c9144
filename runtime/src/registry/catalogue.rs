use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::check::answers;
use super::prior::prior;
use super::{Info, Kind};
use crate::handler::Need;
use crate::list::List;
use crate::message::{MessageInfo, TypeSketch};
use crate::pattern::{Pattern, PatternInfo, ValueRef};
use crate::sort::{gather, sort_by};

/// Who answers what: everything known about a program's handlers, as data.
///
/// With the feature `schema` it has the JSON Schemas of messages, replies and errors. Saved with `list --json`, it
/// is what `check --against` compares with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalogue {
    /// The version of the format.
    pub version: u32,
    /// One entry for each handler and pattern, sorted by service, then pattern.
    pub handlers: Vec<Handler>,
}

/// A handler under one of its patterns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Handler {
    /// `service` or `observer`.
    pub kind: String,
    /// The service it belongs to.
    pub service: String,
    /// The function's name.
    pub handler: String,
    /// The pattern's canonical text.
    pub pattern: String,
    /// The pattern's keys and values; a glob is `{"glob":"a*"}`.
    pub keys: Map<String, Value>,
    /// Its module's path.
    pub module: String,
    /// Where it stands in the source: `src/cart.rs:12`. Empty in the catalogue of a listener that hides some handlers.
    pub place: String,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// What `effect(…)` declares.
    pub effect: String,
    /// Whether it replaces the handler with the equal pattern.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overrides: bool,
    /// Whether it is one of several implementations of which a process mounts one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alternative: bool,
    /// What `rank(…)` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<i32>,
    /// What `timeout(…)` says, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What `concurrency(…)` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// The message type's name; missing for a handler of any JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The JSON Schema of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The JSON Schema of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The JSON Schema of the service's own error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// What it sends, as its signature declares it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// What it hands messages on to by `Prior`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<PriorHandler>,
    /// Whether it may send more than it declares, since it takes the whole bus.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undeclared_outputs: bool,
}

/// A message that a handler sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Output {
    /// `calls` or `emits`.
    pub how: String,
    /// The message type's name.
    pub message: String,
    /// The pattern's canonical text.
    pub pattern: String,
    /// The handlers of this program that can get it, as `service::handler`.
    pub answered_by: Vec<String>,
}

/// The handler that `Prior` of another one calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PriorHandler {
    /// It, as `service::handler`.
    pub handler: String,
    /// Its pattern's canonical text.
    pub pattern: String,
}

impl Handler {
    /// `service::handler`.
    pub fn id(&self) -> String {
        format!("{}::{}", self.service, self.handler)
    }
}

impl Catalogue {
    /// The version of the format that this version of matchbus writes, and the highest that it reads.
    pub const VERSION: u32 = 1;

    /// The catalogue of these handlers.
    pub fn of(infos: impl IntoIterator<Item = &'static Info>) -> Self {
        Catalogue::of_all(&infos.into_iter().list())
    }

    fn of_all(infos: &[&'static Info]) -> Self {
        let mut handlers = Vec::new();
        for info in infos {
            for pattern in &*info.patterns {
                handlers.push(handler(info, pattern, infos));
            }
        }
        Catalogue::sorted(handlers)
    }

    fn sorted(mut handlers: Vec<Handler>) -> Self {
        sort_by(&mut handlers, |a, b| {
            (&a.service, &a.pattern, &a.handler, &a.module)
                .cmp(&(&b.service, &b.pattern, &b.handler, &b.module))
        });
        Catalogue { version: Catalogue::VERSION, handlers }
    }

    /// The catalogue of handlers under the patterns that they have in this process: one entry for each pair.
    pub(crate) fn of_mounted<'a>(mounted: impl IntoIterator<Item = (&'static Info, &'a Pattern)>) -> Self {
        let mounted: Vec<_> = mounted.into_iter().list();
        let infos: Vec<&'static Info> = mounted.iter().map(|(info, _)| *info).list();
        let handlers = mounted.iter().filter_map(|(info, pattern)| {
            let mut entry = handler(info, info.patterns.first()?, &infos);
            entry.pattern = pattern.to_string();
            entry.keys = gather(pattern.iter().map(|(name, given)| (name.to_owned(), value(given.as_ref()))));
            Some(entry)
        });
        Catalogue::sorted(handlers.list())
    }

    /// The same for who may know of these handlers only: without what they send to others, and without places in the
    /// source.
    pub(crate) fn for_outside(mut self) -> Self {
        for handler in &mut self.handlers {
            handler.place.clear();
            handler.outputs.retain(|output| !output.answered_by.is_empty());
        }
        self
    }

    /// The catalogue of every handler that is linked into the program.
    pub fn discover() -> Self {
        Catalogue::of(super::discover().into_iter().flatten())
    }

    /// The catalogue as JSON for people and programs.
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps of them can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn handler(info: &'static Info, pattern: &PatternInfo, all: &[&'static Info]) -> Handler {
    let types = info.message.map(|message| (message.types)());
    let [input, reply, error] = types.map_or([None, None, None], |types| types.map(schema));
    let needs = info.needs();
    let has_prior = needs.iter().any(|need| matches!(need, Need::Prior { .. }));
    let prior = if has_prior { prior(info, pattern, all) } else { None };
    Handler {
        kind: match info.kind {
            Kind::Service => "service",
            Kind::Observer => "observer",
        }
        .to_owned(),
        service: info.service().to_owned(),
        handler: info.name.to_owned(),
        pattern: pattern.text.to_owned(),
        keys: gather(pattern.keys.iter().map(|key| (key.name.to_owned(), value(key.value)))),
        module: info.module.to_owned(),
        place: format!("{}:{}", info.place.file, info.place.line),
        doc: info.doc.to_owned(),
        effect: info.effect.as_str().to_owned(),
        overrides: info.overrides,
        alternative: info.alternative,
        rank: info.ranked.then_some(info.rank),
        timeout_ms: info.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        concurrency: info.concurrency,
        message: info.message.map(|message| message.name.to_owned()),
        input: input.map(|input| with_keys(input, info.message)),
        // An observer's reply goes nowhere.
        reply: reply.filter(|_| info.kind == Kind::Service),
        error: error.filter(|_| info.kind == Kind::Service),
        prior: prior.map(|(info, pattern)| PriorHandler {
            handler: format!("{}::{}", info.service(), info.name),
            pattern: pattern.text.to_owned(),
        }),
        outputs: needs.iter().filter_map(|need| output(need, all)).list(),
        undeclared_outputs: needs.iter().any(|need| matches!(need, Need::Anything)),
    }
}

fn schema(sketch: TypeSketch) -> Option<Value> {
    sketch.schema
}

/// The schema of the struct says nothing of the keys that every message of its type has: they are added.
fn with_keys(mut schema: Value, message: Option<&MessageInfo>) -> Value {
    let (Some(message), Value::Object(root)) = (message, &mut schema) else { return schema };
    if let Value::Object(properties) = root.entry("properties").or_insert_with(|| json!({})) {
        for key in message.pattern.keys {
            properties.insert(key.name.to_owned(), json!({ "const": value(key.value) }));
        }
    }
    if let Value::Array(required) = root.entry("required").or_insert_with(|| json!([])) {
        for key in message.pattern.keys {
            required.push(Value::from(key.name));
        }
    }
    schema
}

fn output(need: &Need, all: &[&'static Info]) -> Option<Output> {
    let (how, message) = match need {
        Need::Calls(message) => ("calls", message),
        Need::Emits(message) => ("emits", message),
        _ => return None,
    };
    let mut answered_by: Vec<String> = all
        .iter()
        .filter(|info| how == "emits" || info.kind == Kind::Service)
        .filter(|info| info.patterns.iter().any(|pattern| answers(message, pattern)))
        .map(|info| format!("{}::{}", info.service(), info.name))
        .list();
    // The linker's order says nothing, and a saved catalogue should differ only where the program does.
    sort_by(&mut answered_by, Ord::cmp);
    answered_by.dedup();
    Some(Output {
        how: how.to_owned(),
        message: message.name.to_owned(),
        pattern: message.pattern.text.to_owned(),
        answered_by,
    })
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Str(text) => text.into(),
        ValueRef::Int(n) => n.into(),
        ValueRef::Bool(b) => b.into(),
        ValueRef::Glob(glob) => json!({ "glob": glob }),
    }
}
