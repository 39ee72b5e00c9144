use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Default for Carts {
    #[service(cmd = "default")]
    fn default() -> Self {
        Carts
    }
}

fn main() {}
