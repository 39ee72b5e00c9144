//! The pieces, and as what each is refused.

/// Bytes that are no message for `Ping`.
pub(super) struct Piece {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The error's code that tells why it is refused, or HTTP's status where there is no body.
    pub(super) code: &'static str,
    /// Whether it is all that is sent, and not the message in a frame.
    pub(super) is_frame: bool,
}

/// All pieces for one transport.
pub(super) struct Corpus {
    pub(super) small: Vec<Piece>,
    pub(super) large: Vec<Piece>,
    /// All the bytes of what is no frame of the transport, each for a connection of its own.
    pub(super) frames: Vec<Piece>,
}

impl Corpus {
    pub(super) fn new(over: &str) -> Self {
        if over == "http" {
            return Corpus { small: small(), large: large(), frames: no_http() };
        }
        let mut corpus = Corpus { small: small(), large: large(), frames: no_lines() };
        let Corpus { small, large, frames } = &mut corpus;
        for piece in small.iter_mut().chain(large).chain(frames) {
            piece.code = of_seneca(piece.code);
        }
        corpus
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Piece> {
        self.small.iter().chain(&self.large).chain(&self.frames)
    }
}

/// No JSON object that rule M7 allows.
const MALFORMED: &str = "malformed";
/// An object, but not what `Ping` is.
const INVALID: &str = "invalid-message";
/// No message, but something else that is not there.
const USAGE: &str = "usage";

/// What Seneca's frames call it.
fn of_seneca(code: &'static str) -> &'static str {
    match code {
        MALFORMED => "invalid_json",
        INVALID => "act_invalid_msg",
        other => other,
    }
}

fn piece(code: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Piece {
    Piece { name, bytes: bytes.into(), code, is_frame: false }
}

fn frame(code: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Piece {
    Piece { is_frame: true, ..piece(code, name, bytes) }
}

fn ping(n: &str) -> Vec<u8> {
    format!(r#"{{"fault":"ping","n":{n}}}"#).into_bytes()
}

/// A message with more in it.
fn beside(rest: &[u8]) -> Vec<u8> {
    [br#"{"fault":"ping","n":1,"#, rest, b"}"].concat()
}

fn nested(depth: usize) -> Vec<u8> {
    let brackets = "[".repeat(depth) + &"]".repeat(depth);
    beside(format!(r#""x":{brackets}"#).as_bytes())
}

fn keys(count: usize) -> Vec<u8> {
    let keys: Vec<String> = (0..count).map(|n| format!(r#""{n:x}":0"#)).collect();
    beside(keys.join(",").as_bytes())
}

fn small() -> Vec<Piece> {
    vec![
        piece(MALFORMED, "no JSON", b"nonsense"),
        piece(MALFORMED, "half of an object", br#"{"fault":"ping","n":"#),
        piece(MALFORMED, "a list", b"[]"),
        piece(MALFORMED, "a text", br#""text""#),
        piece(MALFORMED, "a number", b"5"),
        piece(MALFORMED, "null", b"null"),
        piece(MALFORMED, "bad UTF-8", beside(b"\"x\":\"\xff\xfe\"")),
        piece(MALFORMED, "an overlong form", beside(b"\"x\":\"\xc0\xaf\"")),
        piece(MALFORMED, "half of a surrogate", beside(br#""x":"\ud800""#)),
        piece(MALFORMED, "a key twice", ping("1,\"n\":2")),
        piece(MALFORMED, "a key twice deep inside", beside(br#""x":{"y":{"a":1,"a":2}}"#)),
        piece(MALFORMED, "the routing key twice", br#"{"fault":"ping","fault":"block","n":1}"#),
        piece(MALFORMED, "65 levels", nested(65)),
        piece(MALFORMED, "10,000 levels", nested(10_000)),
        piece(MALFORMED, "a huge number", ping("1e999")),
        piece(INVALID, "a number that is no u64", ping("-1")),
        piece(INVALID, "a number with a fraction", ping("1.5")),
        piece(MALFORMED, "NaN", ping("NaN")),
        piece(MALFORMED, "infinity", ping("-Infinity")),
        piece(MALFORMED, "a number with a leading zero", ping("01")),
        piece(INVALID, "text for a number", ping("\"1\"")),
        piece(INVALID, "null for a number", ping("null")),
        piece(INVALID, "an object for a number", ping("{}")),
        piece(INVALID, "a list for a number", ping("[1]")),
        piece(INVALID, "nothing for a number", br#"{"fault":"ping"}"#),
        piece(MALFORMED, "a byte order mark", [b"\xef\xbb\xbf", &*ping("1")].concat()),
        piece(MALFORMED, "NUL", ping("\u{0}")),
        piece(MALFORMED, "NUL in a text", beside(b"\"x\":\"\0\"")),
        piece(MALFORMED, "a comma too many", ping("1,")),
        piece(MALFORMED, "a comment", ping("1/* one */")),
        piece(MALFORMED, "two objects", br#"{"fault":"ping","n":1}{"fault":"ping","n":1}"#),
    ]
}

fn large() -> Vec<Piece> {
    vec![
        piece(MALFORMED, "100,000 keys", keys(100_000)),
        piece(
            MALFORMED,
            "a key of 1 MB",
            beside(format!(r#""{}":0,"n":2"#, "k".repeat(1_000_000)).as_bytes()),
        ),
        piece(MALFORMED, "2 MB", beside(format!(r#""x":"{}""#, "x".repeat(2_000_000)).as_bytes())),
        piece(MALFORMED, "400,000 levels", nested(400_000)),
        piece(MALFORMED, "a number of 500,000 digits", ping(&"9".repeat(500_000))),
    ]
}

/// What is no request of HTTP, or none that is known.
fn no_http() -> Vec<Piece> {
    let post = |head: &str, body: &str| {
        format!("POST /act HTTP/1.1\r\nhost: worker\r\n{head}\r\n{body}").into_bytes()
    };
    vec![
        frame(MALFORMED, "no request line", b"nonsense\r\n\r\n"),
        frame(MALFORMED, "bytes", b"\x00\x01\xff\xfe\r\n\r\n"),
        frame(MALFORMED, "another version", b"POST /act HTTP/9.9\r\nhost: worker\r\n\r\n"),
        frame(USAGE, "another method", b"DELETE /act HTTP/1.1\r\nhost: worker\r\n\r\n"),
        frame(
            USAGE,
            "another path",
            b"POST /etc/passwd HTTP/1.1\r\nhost: worker\r\ncontent-length: 2\r\n\r\n{}",
        ),
        frame(MALFORMED, "a head of 1 MB", post(&format!("x: {}\r\n", "x".repeat(1_000_000)), "")),
        frame(MALFORMED, "1,000 heads", post(&"x: y\r\n".repeat(1_000), "")),
        frame("400", "a negative length", post("content-length: -5\r\n", "")),
        frame("400", "two lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "{}")),
        frame(MALFORMED, "a length of 10^18", post("content-length: 1000000000000000000\r\n", "{}")),
        frame(MALFORMED, "a chunk of no size", post("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n")),
        frame(MALFORMED, "no body", post("", "")),
    ]
}

/// What is no line of Seneca's TCP transport.
fn no_lines() -> Vec<Piece> {
    let line = |line: &str| format!("{line}\n");
    vec![
        frame(MALFORMED, "no JSON", line("nonsense")),
        frame(MALFORMED, "bytes", b"\x00\x01\xff\xfe\n"),
        frame(MALFORMED, "a list", line("[1,2]")),
        frame(MALFORMED, "a number", line("7")),
        frame(MALFORMED, "no message", line(r#"{"id":"m/t","kind":"act","sync":true}"#)),
        frame(
            MALFORMED,
            "a message that is a number",
            line(r#"{"id":"m/t","kind":"act","sync":true,"act":5}"#),
        ),
        frame(
            MALFORMED,
            "an id twice",
            line(r#"{"id":"m/t","id":"n/t","kind":"act","sync":true,"act":{"fault":"ping","n":1}}"#),
        ),
        frame(MALFORMED, "a request of HTTP", b"POST /act HTTP/1.1\r\n"),
        frame(MALFORMED, "a line of 2 MB", line(&"x".repeat(2_000_000))),
        frame(
            MALFORMED,
            "a frame of 20,000 keys",
            line(&format!("{{{}}}", (0..20_000).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","))),
        ),
    ]
}
