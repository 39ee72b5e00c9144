#![deny(warnings)]
use matchbus::prelude::*;

use matchbus::registry::Info;

mod cart {
    #[matchbus::service(role = "cart")]
    pub async fn add(_: matchbus::Value) {}
}

const LIST: &[&[Info]] = matchbus::services![cart::add, self::cart2];
static NONE: &[&[Info]] = matchbus::services![];

#[service(role = "cart2")]
async fn cart2(_: Value) {}

use cart::add as renamed;

fn main() {
    assert_eq!(LIST.len() + NONE.len(), 2);
    assert_eq!(matchbus::services![renamed, cart2,].len(), 2);
}
