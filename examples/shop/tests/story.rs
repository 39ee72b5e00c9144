//! The shop in one process: special cases, events, errors, and the story itself.

use std::sync::atomic::{AtomicBool, Ordering};

use matchbus::testing::TestBus;
use matchbus::{CallError, registry};
use shop::services::audit::Audit;
use shop::story::{self, Ink};
use shop_contracts::{
    AddError, AddItem, Bestseller, Bestsellers, GetAdvice, GetPrice, MailSent, OrderError, OrderPlaced,
    PlaceOrder, Price, PriceError, Release, Reserve, StockLow,
};

fn shop() -> TestBus {
    TestBus::of(&registry::discover()).configure(shop::states).start()
}

fn price(sku: &str, tier: Option<&str>) -> GetPrice {
    GetPrice { sku: sku.into(), tier: tier.map(Into::into) }
}

fn add(cart: &str, sku: &str, qty: u32) -> AddItem {
    AddItem { cart: cart.into(), sku: sku.into(), qty, tier: None }
}

fn place(cart: &str, card: &str) -> PlaceOrder {
    PlaceOrder { cart: cart.into(), card: card.into() }
}

#[tokio::test]
async fn gold_customers_pay_less_and_the_cart_does_not_know_why() {
    let shop = shop();
    assert_eq!(shop.call(price("pot", None)).await.unwrap().cents, 2900);
    assert_eq!(shop.call(price("pot", Some("gold"))).await.unwrap().cents, 2610);
    assert_eq!(shop.call(price("pot", Some("silver"))).await.unwrap().cents, 2900);
    let gold = AddItem { tier: Some("gold".into()), ..add("bob", "pot", 2) };
    assert_eq!(shop.call(gold).await.unwrap().cents, 5220);
}

#[tokio::test]
async fn gift_cards_are_worth_their_name_for_gold_customers_too() {
    let shop = shop();
    for tier in [None, Some("gold")] {
        assert_eq!(shop.call(price("gift-50", tier)).await.unwrap().cents, 5000);
    }
    let unknown = shop.call(price("gift-of-gab", None)).await.unwrap_err();
    assert_eq!(unknown.app(), Some(&PriceError::UnknownSku { sku: "gift-of-gab".into() }));
}

#[tokio::test]
async fn an_order_tells_everybody_once_and_the_tenant_gets_as_far_as_the_mail() {
    let shop = shop();
    shop.call(add("ann", "tea", 2)).await.unwrap();
    let order = shop.context("tenant", "leaf").call(place("ann", "4242")).await.unwrap();
    assert_eq!(order.cents, 900);
    let mail = shop.wait_for::<MailSent>().await;
    assert_eq!(mail.from, "shop@leaf.example");
    assert!(mail.text.contains("parcel"), "{mail:?}");
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderPlaced>().len(), 1);
    assert_eq!(shop.call(Bestsellers { top: 3 }).await.unwrap(), [Bestseller { sku: "tea".into(), qty: 2 }]);
    // The cart was cleared.
    let again = shop.call(place("ann", "4242")).await.unwrap_err();
    assert_eq!(again.app(), Some(&OrderError::UnknownCart { cart: "ann".into() }));
}

#[tokio::test]
async fn digital_goods_are_not_reserved_and_the_mail_is_the_delivery() {
    let shop = shop();
    // More than any shelf holds.
    shop.call(add("eve", "tea-book", 1_000_000)).await.unwrap();
    shop.call(place("eve", "4242")).await.unwrap();
    shop.settled().await;
    let mails = shop.recorded::<MailSent>();
    assert_eq!(mails.len(), 1, "one observer of a group hears an event: {mails:?}");
    assert!(mails[0].text.contains("https://dl.example/tea-book"), "{mails:?}");
    assert_eq!(shop.flows().of("cmd:reserve,role:stock").started, 0);
}

#[tokio::test]
async fn without_advice_a_cart_is_as_good_and_with_it_better() {
    assert!(shop().call(add("ann", "tea", 1)).await.unwrap().advice.is_empty());
    let advised = TestBus::of(&registry::discover())
        .configure(shop::states)
        .replace(|_: GetAdvice| async { vec!["pot".to_owned()] })
        .start();
    assert_eq!(advised.call(add("ann", "tea", 1)).await.unwrap().advice, ["pot"]);
}

#[tokio::test]
async fn a_cart_that_could_not_ask_for_the_price_can_be_asked_again_under_the_same_key() {
    let away = AtomicBool::new(true);
    let shop = TestBus::of(&registry::discover())
        .configure(shop::states)
        .replace(move |msg: GetPrice| {
            let away = away.swap(false, Ordering::SeqCst);
            async move {
                if away {
                    return Err(CallError::Bus(matchbus::Error::unreachable("nobody there")));
                }
                Ok(Price { sku: msg.sku, kind: "goods".into(), cents: 450 })
            }
        })
        .start();
    let keyed = shop.idempotency_key("tea for ann");
    let error = keyed.call(add("ann", "tea", 1)).await.unwrap_err();
    assert_eq!(error.app(), Some(&AddError::NoPrice { sku: "tea".into() }), "{error}");
    assert!(error.is_retryable());
    for _ in 0..2 {
        assert_eq!(keyed.call(add("ann", "tea", 1)).await.unwrap().cents, 450);
    }
}

#[tokio::test]
async fn what_is_not_paid_goes_back_on_the_shelf() {
    let shop = shop();
    shop.call(add("bob", "pot", 6)).await.unwrap();
    let declined = shop.call(place("bob", "4000-0002")).await.unwrap_err();
    assert_eq!((declined.code(), declined.is_retryable()), ("payment-declined".into(), false));
    shop.settled().await; // The release was sent, and nobody waited for it.
    let busy = shop.call(place("bob", "4000-0119")).await.unwrap_err();
    assert_eq!((busy.code(), busy.is_retryable()), ("payment-busy".into(), true));
    shop.settled().await;
    assert_eq!(shop.recorded::<Release>().len(), 2);
    shop.assert_none::<OrderPlaced>();
    // All six are there again.
    shop.call(place("bob", "4242")).await.unwrap();
    assert_eq!(shop.wait_for::<StockLow>().await, StockLow { sku: "pot".into(), left: 0 });
}

#[tokio::test]
async fn what_is_not_there_is_not_paid() {
    let shop = shop();
    shop.call(add("bob", "pot", 7)).await.unwrap();
    let error = shop.call(place("bob", "4242")).await.unwrap_err();
    assert_eq!(error.app(), Some(&OrderError::OutOfStock { sku: "pot".into(), left: 6 }));
    assert!(error.is_retryable());
    assert_eq!(shop.flows().of("cmd:charge,role:payment").started, 0);
}

#[tokio::test]
async fn a_repeated_reservation_takes_nothing_more() {
    let shop = shop();
    let reserve = Reserve { order: "o".into(), sku: "pot".into(), kind: "goods".into(), qty: 4 };
    for _ in 0..3 {
        assert_eq!(shop.call(reserve.clone()).await.unwrap().qty, 4);
    }
}

#[tokio::test]
async fn wrong_messages_are_told_what_is_wrong() {
    let shop = shop();
    let told = async |message: &str| match shop.act_bytes(message.as_bytes()).await {
        Err(CallError::Bus(error)) => error.text().to_owned(),
        other => panic!("{message}: {other:?}"),
    };
    let missing = told(r#"{"role":"cart","cmd":"add","cart":"ann","sku":"tea"}"#).await;
    assert!(missing.contains("missing field `qty`"), "{missing}");
    let nobody = told(r#"{"role":"cart","cmd":"remove","cart":"ann"}"#).await;
    assert!(nobody.contains("near miss `cmd:add,role:cart`: `cmd` is remove, not add"), "{nobody}");
    let broken = told(r#"{"role":"cart","cmd":"#).await;
    assert!(broken.contains("ends too early"), "{broken}");
    let extra = r#"{"role":"price","cmd":"get","sku":"tea","unknown":{"may":["be","anything"]}}"#;
    assert!(shop.act_bytes(extra.as_bytes()).await.is_ok());
}

#[tokio::test]
async fn the_story_fits_a_terminal_and_is_the_same_each_time() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let audit = Audit::default();
        let shop = TestBus::of(&registry::discover())
            .configure(shop::states)
            .configure(|bus| bus.state(audit.clone()));
        told.push(story::tell(&shop.start(), audit, Ink::PLAIN).await);
    }
    assert_eq!(told[0], told[1]);
    for line in told[0].lines() {
        assert!(line.chars().count() <= 100 && !line.contains('\x1b'), "{line}");
    }
    for part in [
        "it wins over `cmd:get,role:price`: it has more keys, 3 against 2",
        "gold::gold (by tier:gold)",
        "stock::endless (by kind:digital)",
        "heard by audit::remember, bestsellers::count, cart::clear, mail::deliver, stock::ship",
        "✗ payment-busy, retryable",
        "(no handler)",
    ] {
        assert!(told[0].contains(part), "{part}\n{}", told[0]);
    }
}
