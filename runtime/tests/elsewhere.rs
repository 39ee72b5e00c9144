//! What concerns other processes and no transport in particular; how messages travel is tested by `conformance/`.
#![cfg(all(feature = "http", feature = "tcp"))]

use matchbus::Bus;
use matchbus::transport::Exposed;

#[tokio::test]
async fn a_scheme_that_no_transport_has_is_refused_with_those_there_are() {
    let bus = Bus::builder().start().unwrap();
    let url = "gopher://somewhere".parse().unwrap();
    let errors = [bus.connect(&url).await.unwrap_err(), bus.listen(&url, &Exposed::All).await.unwrap_err()];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains("the schemes of this program are"), "{text}");
        assert!(text.contains("http") && text.contains("tcp"), "{text}");
    }
}
