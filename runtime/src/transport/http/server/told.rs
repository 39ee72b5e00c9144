//! What a client is told where there is no request to answer.

use hyper::StatusCode;

use super::failure::Failure;
use crate::message::ErrorKind;
use crate::transport::http::seneca::Asked;

/// There is no place for its connection.
pub(super) fn full() -> Vec<u8> {
    let text = "the listener has all the connections it may have";
    answer(&Failure::refused(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Overloaded, text))
}

/// It speaks no TLS where that is wanted.
pub(super) fn no_tls() -> Vec<u8> {
    let text = "this port speaks TLS; write https:// in the address";
    answer(&Failure::refused(StatusCode::BAD_REQUEST, ErrorKind::Usage, text))
}

fn answer(failure: &Failure) -> Vec<u8> {
    let body = Asked::Unread.failed(failure).unwrap_or_default();
    let retry = if failure.status == StatusCode::SERVICE_UNAVAILABLE { "retry-after: 1\r\n" } else { "" };
    let (status, outcome, length) = (failure.status, failure.outcome.as_str(), body.len());
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nmatchbus-outcome: {outcome}\r\n\
         matchbus-error: bus\r\n{retry}connection: close\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    answer
}

#[cfg(test)]
mod tests {
    #[test]
    fn answers_without_a_request_are_well_formed() {
        for (answer, first) in [
            (super::full(), "HTTP/1.1 503 Service Unavailable"),
            (super::no_tls(), "HTTP/1.1 400 Bad Request"),
        ] {
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(head.lines().next(), Some(first));
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(
                (&body["error"]["outcome"], &body["meta$"]["error"]),
                (&"not-done".into(), &true.into())
            );
        }
    }
}
