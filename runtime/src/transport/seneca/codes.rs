//! Errors in Seneca's words.

#[cfg(feature = "http")]
use serde_json::json;
use serde_json::{Map, Value};

use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};

/// The code that a Seneca would give.
pub(in crate::transport) fn of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NoHandler => "act_not_found",
        ErrorKind::Malformed | ErrorKind::Usage => "invalid_json",
        ErrorKind::Invalid => "act_invalid_msg",
        ErrorKind::Deadline => "action_timeout",
        ErrorKind::Loop => "maxparents",
        ErrorKind::Draining => "closed",
        _ => "act_execute",
    }
}

/// An error's fields, as they are sent. With `seneca: true` a client keeps code and text as they are.
#[cfg(feature = "http")]
pub(in crate::transport) fn fields(code: &str, message: &str, details: &Value) -> Map<String, Value> {
    let fields = json!({
        "seneca": true,
        "eraro": true,
        "package": "matchbus",
        "name": "Error",
        "code": code,
        "message": message,
        "msg": message,
        "details": details,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What a Seneca server's error means here.
///
/// That nobody answers or that time is up may have been said of a message that the handler sent itself, so the handler
/// may have run.
pub(in crate::transport) fn read(mut fields: Map<String, Value>, status: u16) -> CallError<ErrorReply> {
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let code = text("code").unwrap_or_else(|| "act_execute".into());
    let message =
        text("message").unwrap_or_else(|| "the Seneca server told of an error without a text".into());
    let kind = match code.as_str() {
        "act_not_found" => Some(ErrorKind::NoHandler),
        "action_timeout" => Some(ErrorKind::Deadline),
        _ => None,
    };
    if let Some(kind) = kind {
        return CallError::Bus(Error::new(
            kind,
            Outcome::Unknown,
            format!("the Seneca server said: {message}"),
        ));
    }
    let mut reply = ErrorReply::new(code, message);
    reply.status = if status >= 400 { status } else { 500 };
    // Places in the server's source are nobody's business here, nor that of whoever is told next.
    for private in ["stack", "callpoint", "orig", "eraro", "seneca", "package", "msg", "name", "meta$"] {
        fields.remove(private);
    }
    if let Some(Value::Object(details)) = fields.get_mut("details") {
        for private in ["errline", "instance", "orig$", "plugin"] {
            details.remove(private);
        }
    }
    if !fields.is_empty() {
        reply.details = Value::Object(fields);
    }
    CallError::App(reply)
}
