#![deny(warnings)]
use matchbus::prelude::*;

use serde::de::DeserializeOwned;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "page", reply(Vec<T>))]
pub struct GetPage<T, const N: usize = 10>
where
    T: Clone,
{
    pub first: Option<T>,
    pub size: usize,
    pub name: String,
}

#[service(role = "page", size = 10)]
async fn page(msg: GetPage<u32>) -> Vec<u32> {
    msg.first.into_iter().collect()
}

#[service(role = "page", kind = "text")]
async fn texts(msg: &Wide<String>) -> Vec<String> {
    vec![msg.first.clone()]
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "page", kind = "text", reply(Vec<T>))]
pub struct Wide<T> {
    pub first: T,
}

fn name<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static>() -> &'static str
where
    GetPage<T>: Message,
{
    GetPage::<T>::INFO.name
}

fn main() {
    use matchbus::message::FieldKind;
    assert_eq!(name::<u8>(), "GetPage");
    let kinds: Vec<_> = GetPage::<u8>::INFO.fields.iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [FieldKind::Unknown, FieldKind::Int, FieldKind::Str]);
}
