//! Errors in frames, both ways.

use serde_json::{Value, json};

use super::text;
use crate::message::{CallError, Error, ErrorReply, Outcome, Wired};
use crate::transport::seneca::codes;

/// Writes the fields `res`, `error` and, for a matchbus, `mb` of an answer.
#[cold]
pub(super) fn write(out: &mut Vec<u8>, error: &CallError<ErrorReply>, for_matchbus: bool) {
    let reply = error.to_reply();
    let code = match error {
        CallError::Bus(error) if !for_matchbus => codes::of_kind(error.kind()),
        _ => &reply.code,
    };
    let mut object = json!({
        "message": reply.message, "code": code, "seneca": true,
        "retryable": reply.retryable, "status": reply.status,
    });
    if !reply.details.is_null() {
        object["details"] = reply.details;
    }
    out.extend_from_slice(b"\"res\":null,\"error\":");
    text::splice(out, object.to_string().as_bytes());
    if for_matchbus {
        out.extend_from_slice(b",\"mb\":");
        out.extend_from_slice(beside(error).to_string().as_bytes());
    }
}

/// What the caller needs beyond Seneca's fields to have the same error.
fn beside(error: &CallError<ErrorReply>) -> Value {
    let mut mb = json!({ "outcome": error.outcome().as_str() });
    match error {
        CallError::App(_) => mb["app"] = true.into(),
        CallError::Bus(error) => {
            let wired = error.to_wire();
            for (name, value) in [("path", wired.path), ("pattern", wired.pattern), ("id", wired.id)] {
                if let Some(value) = value {
                    mb[name] = value.into();
                }
            }
        }
    }
    mb
}

/// Reads the fields `error` and `mb` of an answer.
#[cold]
pub(super) fn read(error: &str, mb: Option<&str>) -> CallError<ErrorReply> {
    let error: Value = serde_json::from_str(error).unwrap_or_default();
    match mb.and_then(|mb| serde_json::from_str::<Value>(mb).ok()) {
        Some(mb) if !mb["app"].as_bool().unwrap_or(false) => CallError::Bus(of_bus(&error, &mb)),
        Some(_) => CallError::App(of_app(&error)),
        None => of_seneca(error),
    }
}

/// The error of a server that is no matchbus.
fn of_seneca(error: Value) -> CallError<ErrorReply> {
    let status = error["status"].as_u64().and_then(|status| status.try_into().ok());
    match error {
        Value::Object(fields) => codes::read(fields, status.unwrap_or(500)),
        other => codes::read([("message".to_owned(), other)].into_iter().collect(), 500),
    }
}

fn message(error: &Value) -> &str {
    error["message"].as_str().unwrap_or("an error without text")
}

fn of_app(error: &Value) -> ErrorReply {
    let mut reply = ErrorReply::new(error["code"].as_str().unwrap_or("error"), message(error));
    reply.retryable = error["retryable"].as_bool().unwrap_or(false);
    reply.status = error["status"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(reply.status);
    reply.details = error["details"].clone();
    reply
}

fn of_bus(error: &Value, mb: &Value) -> Error {
    let outcome = match mb["outcome"].as_str() {
        Some("done") => Outcome::Done,
        Some("not-done") => Outcome::NotDone,
        _ => Outcome::Unknown,
    };
    let mut wired = Wired {
        code: error["code"].as_str().unwrap_or_default(),
        outcome,
        text: message(error),
        path: mb["path"].as_str(),
        pattern: mb["pattern"].as_str(),
        id: mb["id"].as_str(),
    };
    // The text came with what `Display` adds to it, for those who know nothing else.
    let shown = Error::from_wire(&Wired { text: "", ..wired }).to_string();
    wired.text = wired.text.strip_suffix(&shown).unwrap_or(wired.text);
    Error::from_wire(&wired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::ErrorKind;

    fn there_and_back(error: &CallError<ErrorReply>) -> CallError<ErrorReply> {
        let mut out = b"{".to_vec();
        write(&mut out, error, true);
        out.push(b'}');
        let frame: Value = serde_json::from_slice(&out).unwrap();
        read(&frame["error"].to_string(), Some(&frame["mb"].to_string()))
    }

    #[test]
    fn errors_come_back_as_they_were() {
        let mut own = ErrorReply::new("out-of-stock", "no `sku-1` left");
        (own.retryable, own.status, own.details) = (true, 409, json!({"sku": "sku-1"}));
        assert_eq!(there_and_back(&CallError::App(own.clone())), CallError::App(own));
        let bus =
            Error::new(ErrorKind::Overloaded, Outcome::NotDone, "full").at_pattern("a:1").of_message("m");
        let back = there_and_back(&CallError::Bus(bus.clone()));
        let back = back.bus().unwrap();
        assert_eq!((back.to_string(), back.outcome()), (bus.to_string(), bus.outcome()));
        assert_eq!((back.code(), back.pattern(), back.message_id()), (bus.code(), Some("a:1"), Some("m")));
    }

    #[test]
    fn a_plain_seneca_s_error_is_the_service_s_own() {
        let seneca =
            r#"{"code":"my_code","seneca":true,"message":"seneca: my_code","x":1,"callpoint":"at /x.js"}"#;
        let error = read(seneca, None);
        assert_eq!(error.app().unwrap().details, json!({"x": 1}));
        assert_eq!(
            (error.code().as_str(), error.to_string().as_str()),
            ("my_code", "seneca: my_code (my_code)")
        );
        let late = read(r#"{"code":"action_timeout","message":"late"}"#, None);
        assert_eq!(late.outcome(), Outcome::Unknown);
        assert!(read("\"text\"", None).to_string().starts_with("text"));
    }
}
