//! An axum program with pages of its own and the bus under `/bus`.
//!
//! ```console
//! $ cargo run -p matchbus-example-axum-mount
//! $ curl -d '{"role":"greet","name":"Ann"}' localhost:3000/bus/act
//! "Hello, Ann!"
//! ```

use axum::Router;
use axum::routing::get;
use matchbus::prelude::*;
use matchbus::transport::{Exposed, http};
use tokio::net::TcpListener;

/// Greet somebody.
#[derive(Message, Serialize, Deserialize)]
#[message(role = "greet", reply(String))]
struct Greet {
    name: String,
}

#[service(role = "greet")]
#[allow(clippy::needless_pass_by_value)] // A handler owns its message.
fn greet(msg: Greet) -> String {
    format!("Hello, {}!", msg.name)
}

fn app(bus: &Bus) -> Router {
    Router::new()
        .route("/", get(|| async { "a page of axum's" }))
        .nest_service("/bus", http::service(bus, &Exposed::All))
}

async fn serve(listener: TcpListener, bus: Bus) -> std::io::Result<()> {
    let stop = async {
        // Without signals it runs until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    };
    // axum ends the connections first, then the bus what still runs.
    axum::serve(listener, app(&bus)).with_graceful_shutdown(stop).await?;
    bus.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus = Bus::with(matchbus::services![greet])?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening at http://{}", listener.local_addr()?);
    Ok(serve(listener, bus).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn ask(address: std::net::SocketAddr, request: &str, body: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn axum_and_the_bus_answer_side_by_side() {
        let bus = Bus::with(matchbus::services![greet]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, bus.clone()));
        assert!(ask(address, "GET /", "").await.ends_with("a page of axum's"));
        let message = r#"{"role":"greet","name":"Ann"}"#;
        for path in ["/bus/act", "/bus/", "/bus"] {
            let answer = ask(address, &format!("POST {path}"), message).await;
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.ends_with("\"Hello, Ann!\""),
                "{path}: {answer}"
            );
        }
        assert!(ask(address, "GET /bus/ready", "").await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, "POST /bus/act", "").await.starts_with("HTTP/1.1 400"));
        bus.shutdown().await;
        assert!(ask(address, "GET /bus/ready", "").await.starts_with("HTTP/1.1 503"));
    }
}
