//! The bus inside another server.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use matchbus::transport::{Exposed, http};
use tower_service::Service;

use super::kit;

const SUM: &str = r#"{"role":"math","cmd":"sum","left":1,"right":2}"#;

async fn ask(
    service: &mut http::HttpService,
    request: hyper::http::request::Builder,
    body: &str,
) -> (StatusCode, Bytes) {
    let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
    let reply = service.call(request).await.unwrap();
    (reply.status(), reply.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_service_answers_what_a_listener_answers() {
    let (bus, _) = kit::bus(|bus| bus);
    let mut service = http::service(&bus, &Exposed::Pins(vec!["role:math".parse().unwrap()]));
    assert_eq!(ask(&mut service, Request::post("/act"), SUM).await, (StatusCode::OK, "3".into()));
    assert_eq!(ask(&mut service, Request::post("/act"), r#"{"role":"echo"}"#).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&mut service, Request::get("/ready"), "").await.0, StatusCode::OK);
    let mut guarded = service.clone().bearer("s3cret").unwrap();
    assert_eq!(ask(&mut guarded, Request::post("/act"), SUM).await.0, StatusCode::UNAUTHORIZED);
    let with_token = Request::post("/act").header("authorization", "Bearer s3cret");
    assert_eq!(ask(&mut guarded, with_token, SUM).await.0, StatusCode::OK);
    assert!(!format!("{guarded:?}").contains("s3cret"));
    let mut lenient = service.clone().seneca_errors(299).unwrap();
    let of_seneca = Request::post("/act").header("seneca-id", "a/b");
    assert_eq!(ask(&mut lenient, of_seneca, r#"{"role":"x"}"#).await.0.as_u16(), 299);
    assert!(service.clone().seneca_errors(404).is_err() && service.clone().bearer("").is_err());
    bus.shutdown().await;
    assert_eq!(ask(&mut service, Request::get("/ready"), "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(&mut service, Request::get("/health"), "").await.0, StatusCode::OK);
    assert_eq!(ask(&mut service, Request::post("/act"), SUM).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
