//! Every behaviour over every transport: the next transport only adds a line. What they are stands in `conformance/`.

use matchbus::transport::http::Http;
use matchbus::transport::tcp::Tcp;
use matchbus_conformance::{Subject, suite};

suite!(in_process: Subject::in_process(), promises: [broadcast, ordered, cancels]);

suite!(http: Subject::of(Http::new(), || "http://127.0.0.1:0".to_owned()),
    promises: [processes, broadcast, ordered, cancels]);

suite!(tcp: Subject::of(Tcp::new(), || "tcp://127.0.0.1:0".to_owned()),
    promises: [processes, broadcast, ordered, cancels]);
