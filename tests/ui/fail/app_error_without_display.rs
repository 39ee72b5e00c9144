use matchbus::prelude::*;

#[derive(Debug, AppError, Serialize, Deserialize)]
enum CartError {
    Full,
}

fn main() {}
