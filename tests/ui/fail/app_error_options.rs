use matchbus::prelude::*;

#[derive(Debug, AppError, Serialize, Deserialize)]
#[app_error(code("cart"), retriable, retries, status = 409, retryable = true)]
enum CartError {
    #[app_error(code = "full", status("409"))]
    Full,
    #[app_error(status(200), code("not one word"), crate(matchbus))]
    Gone,
    #[app_error]
    Other,
}

impl std::fmt::Display for CartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

impl std::error::Error for CartError {}

fn main() {}
