#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Cart), context(tier))]
pub struct AddItem {
    pub qty: u32,
}

#[derive(Serialize, Deserialize)]
pub struct Cart {
    pub items: u32,
}

#[derive(Default)]
pub struct Carts {
    count: std::sync::atomic::AtomicU32,
}

#[services(role = "cart", group("carts"), timeout("2s"), effect(read))]
impl Carts {
    const ONE: u32 = { 1 };

    /// Adds.
    #[service(cmd = "add", effect(idempotent), timeout("1s"))]
    pub async fn add(&self, msg: AddItem, _: Meta) -> Cart {
        std::future::ready(()).await;
        self.helper();
        Cart { items: msg.qty }
    }

    #[service(cmd = "add", tier = "gold")]
    async fn by_reference(&self, msg: &AddItem) -> Result<Cart, matchbus::Error> {
        Ok(Cart { items: msg.qty * Self::ONE })
    }

    #[service(cmd = "plain")]
    fn plain(&self, msg: Value) -> Value {
        msg
    }

    #[matchbus::observer(event = "added")]
    async fn heard(&self, _: Value) {}

    #[observer(event = "removed")]
    fn heard_plain<'a>(&'a self, _: &'a Value) {}

    #[service(cmd = "associated")]
    async fn associated(_: Value, _: State<Self>) {}

    fn helper(&self) {
        self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

fn main() {
    let carts = Carts::default();
    carts.plain(Value::Null);
    let list = matchbus::services![Carts];
    assert_eq!(list[0].len(), 6);
    assert!(list[0].iter().all(|info| info.group == Some("carts")));
    assert_eq!(list[0][0].effect, matchbus::registry::Effect::Idempotent);
    assert_eq!(list[0][1].effect, matchbus::registry::Effect::Read);
    assert_eq!(list[0][0].timeout, Some(std::time::Duration::from_secs(1)));
    assert_eq!(list[0][0].needs.len(), 2);
    assert_eq!(list[0][0].patterns[0].text, "cmd:add,role:cart");
}
