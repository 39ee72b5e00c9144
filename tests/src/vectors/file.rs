use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Patterns, and questions about them.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// What the case is about; names are unique in a file.
    pub name: String,
    /// What the case shows of patrun.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether values with `*` and `?` are globs.
    #[serde(default)]
    pub gex: bool,
    /// The patterns to add.
    pub patterns: Vec<Put>,
    /// The patterns to remove afterwards.
    #[serde(default)]
    pub remove: Vec<Map<String, Value>>,
    /// Messages, and the data each finds.
    #[serde(default)]
    pub finds: Vec<Find>,
    /// Pins, and what each lists.
    #[serde(default)]
    pub list: Vec<List>,
}

/// A pattern and its data.
#[derive(Clone, Debug, Deserialize)]
pub struct Put {
    /// The pattern.
    pub pattern: Map<String, Value>,
    /// The data; patrun cannot tell `null` from no pattern at all.
    #[serde(default)]
    pub data: Value,
}

/// A message and what it finds.
#[derive(Clone, Debug, Deserialize)]
pub struct Find {
    /// The message.
    pub msg: Value,
    /// Whether the pattern must have as many keys as the message.
    #[serde(default)]
    pub exact: bool,
    /// Whether all data is asked for.
    #[serde(default)]
    pub collect: bool,
    /// What patrun answered.
    #[serde(default)]
    pub expect: Value,
    /// What patrun should have answered, if that differs.
    #[serde(default, deserialize_with = "given")]
    pub spec: Option<Value>,
}

/// A pin and what it lists.
#[derive(Clone, Debug, Deserialize)]
pub struct List {
    /// The pin.
    #[serde(default)]
    pub filter: Map<String, Value>,
    /// Whether patterns must have no other keys than the pin.
    #[serde(default)]
    pub exact: bool,
    /// What patrun listed.
    pub expect: Vec<Listed>,
}

/// A pattern that is listed.
#[derive(Clone, Debug, Deserialize)]
pub struct Listed {
    /// The pattern, with values as text.
    #[serde(rename = "match")]
    pub pattern: Map<String, Value>,
    /// The data.
    #[serde(default)]
    pub data: Value,
}

/// Tells `"spec": null` from no `spec`.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Why a file is not one of vectors.
#[derive(Debug)]
pub struct FormatError {
    line: usize,
    what: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for FormatError {}

/// Reads the cases of a file, each a line of its own or all in one array.
///
/// # Errors
///
/// When the text is not JSON, or a case is not of the form above; the error names the line.
pub fn read(text: &str) -> Result<Vec<Case>, FormatError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|error| FormatError { line: error.line(), what: error.to_string() });
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let cases: Result<Vec<Case>, FormatError> = lines
        .map(|(line, case)| {
            serde_json::from_str(case).map_err(|error| FormatError { line, what: error.to_string() })
        })
        .collect();
    match cases {
        Ok(cases) if cases.is_empty() => Err(FormatError { line: 1, what: "there is no case".into() }),
        other => other,
    }
}
