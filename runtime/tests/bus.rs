//! The bus in one process.
use matchbus::prelude::*;
use matchbus::services;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "math", cmd = "sum", reply(i64))]
struct Sum {
    left: i64,
    right: i64,
}

#[service(role = "math", cmd = "sum")]
async fn sum(msg: Sum) -> i64 {
    msg.left + msg.right
}

#[service(role = "math", cmd = "sum", left = 0)]
async fn sum_zero(msg: Sum, prior: Prior<Sum>) -> Result<i64, matchbus::Error> {
    let r = prior.call(msg).await.map_err(|e| matchbus::Error::refused(e.to_string()))?;
    Ok(r + 1000)
}

#[tokio::test]
async fn typed_calls_find_the_most_specific_handler() {
    let bus = Bus::with(services![sum, sum_zero]).unwrap();
    assert_eq!(bus.call(Sum { left: 1, right: 2 }).await.unwrap(), 3);
    assert_eq!(bus.call(Sum { left: 0, right: 2 }).await.unwrap(), 1002);
    let reply = bus.act_bytes(br#"{"role":"math","cmd":"sum","left":0,"right":5,"more":[1]}"#).await.unwrap();
    assert_eq!(reply, b"1005");
    println!("{}", bus.flows());
}
