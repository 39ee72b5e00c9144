use matchbus::transport::{Exposed, Head};
use matchbus::{Bus, Outcome};
use serde_json::{Value, json};

use super::failure;
use crate::services::{self, Fare};
use crate::{Far, World};

/// What comes back from the base: the key that no type on the way knows (rule M2), and how many messages led there.
fn base(seat: &str, depth: u32) -> [String; 2] {
    [format!("fare {seat}"), format!("depth {depth}")]
}

fn fare(tier: &str) -> Fare {
    Fare { tier: tier.into(), night: false }
}

/// Who had a message, the first one last.
async fn had(near: &Bus, message: Value) -> Vec<String> {
    let reply = near.act(message).await.unwrap_or_else(|error| panic!("nobody had it: {error:?}"));
    serde_json::from_value(reply).expect("a list of texts")
}

fn each(fars: &[Far]) -> Vec<&Far> {
    fars.iter().collect()
}

fn count(fars: &[Far], what: &str) -> usize {
    fars.iter().map(|far| far.seen.count(what)).sum()
}

/// Where the base is in another process, too (rule M6).
pub async fn a_special_case_hands_on_to_what_it_stands_before(world: World) {
    let fars = world.spread(&[services::fares(), services::golds()]).await;
    let near = world.near(&each(&fars)).await;
    assert_eq!(near.call(fare("none")).await.unwrap(), base("null", 0));
    let [one, two] = base("null", 1);
    assert_eq!(near.call(fare("gold")).await.unwrap(), [one, two, "gold".into()]);
    let [one, two] = base("7", 1);
    let seated = json!({"suite": "fare", "tier": "gold", "night": false, "seat": 7});
    assert_eq!(had(&near, seated).await, [one, two, "gold".into()]);
    assert_eq!((count(&fars, "fare"), count(&fars, "gold")), (3, 2));
}

/// It stands before the equal pattern, wherever that is.
pub async fn an_override_hands_on_to_what_it_replaces(world: World) {
    let fars = world.spread(&[services::fares(), services::dearers()]).await;
    let near = world.near(&each(&fars)).await;
    let [one, two] = base("null", 1);
    for _ in 0..4 {
        assert_eq!(near.call(fare("none")).await.unwrap(), [one.clone(), two.clone(), "dearer".into()]);
    }
    assert_eq!((count(&fars, "fare"), count(&fars, "dearer")), (4, 4));
}

/// Each in a process of its own: each is asked once, the most special one first.
pub async fn special_cases_of_special_cases_hand_on_in_order(world: World) {
    let lists = [services::golds(), services::fares(), services::nights(), services::dearers()];
    let fars = world.spread(&lists).await;
    let near = world.near(&each(&fars)).await;
    let [one, two] = base("7", 3);
    let late = json!({"suite": "fare", "tier": "gold", "night": true, "seat": 7});
    assert_eq!(had(&near, late).await, [one, two, "dearer".into(), "gold".into(), "night".into()]);
    let each_once = ["fare", "dearer", "gold", "night"].map(|what| count(&fars, what));
    assert_eq!(each_once, [1; 4]);
}

/// And that nothing ran.
pub async fn a_special_case_of_nothing_says_what_it_looked_for(world: World) {
    let fars = world.spread(&[services::golds(), services::nights()]).await;
    let near = world.near(&each(&fars)).await;
    let error = near.call(fare("gold")).await.expect_err("nothing is behind it");
    let text = error.to_string();
    assert!(text.contains("no handler answers this message after `suite:fare,tier:gold`"), "{text}");
    let late = json!({"suite": "fare", "tier": "gold", "night": true});
    let (_, _, text) = failure(near.act(late).await);
    assert!(text.contains("after `suite:fare,tier:gold`"), "the one that found nothing says so: {text}");
    assert_eq!(count(&fars, "gold"), 2);
}

/// The process that has the base has the special case as well, and so has another one: none applies it again.
pub async fn what_is_handed_on_does_not_come_back_up(world: World) {
    let both = async || {
        let build = |builder: matchbus::bus::Builder| {
            builder.services(services::fares()).services(services::golds()).in_part()
        };
        world.far_with(&Exposed::All, None, build).await
    };
    let fars = [world.spread(&[services::golds()]).await.remove(0), both().await, both().await];
    for far in &fars {
        for other in fars.iter().filter(|other| other.url() != far.url()) {
            far.knows(other).await;
        }
    }
    let near = world.near(&[&fars[0]]).await;
    for n in 1..=10 {
        let [one, two] = base("null", 1);
        assert_eq!(near.call(fare("gold")).await.unwrap(), [one, two, "gold".into()]);
        assert_eq!((count(&fars, "gold"), count(&fars, "fare")), (n, n));
    }
}

/// Also over what is in the caller's own process, and with a second instance of it.
pub async fn an_override_elsewhere_wins_and_is_had_once(world: World) {
    let fars = world.spread(&[services::fares(), services::dearers(), services::dearers()]).await;
    for far in &fars {
        let [one, two] = base("null", 1);
        assert_eq!(far.bus.call(fare("none")).await.unwrap(), [one, two, "dearer".into()]);
    }
    assert_eq!((count(&fars, "fare"), count(&fars, "dearer")), (3, 3));
}

/// Rule M8: a head is what its sender wrote.
pub async fn what_is_handed_on_passes_over_nobody_where_some_are_hidden(world: World) {
    let exposing = async |pin: &str| {
        let pins = Exposed::Pins(vec![pin.parse().expect("a pattern")]);
        let build = |builder: matchbus::bus::Builder| {
            builder.services(services::fares()).services(services::golds()).in_part()
        };
        world.far_with(&pins, None, build).await
    };
    let below = |place: &str| {
        let mut head = Head::default();
        head.below = Some(place.into());
        head
    };
    let plain = br#"{"suite":"fare","tier":"none","night":false}"#;
    let gold = br#"{"suite":"fare","tier":"gold","night":false}"#;
    let (all, few) = (exposing("suite:fare").await, exposing("suite:fare,tier:gold").await);
    for (far, message, place) in [
        // That one is reached only by passing over another.
        (&all, &gold[..], "suite:fare,tier:gold"),
        (&all, gold, "overrides suite:fare,tier:*"),
        // That one is hidden.
        (&few, plain, "suite:fare,tier:none"),
        (&few, gold, "suite:fare,tier:gold"),
    ] {
        let (outcome, code, text) = failure(world.link(&far.url()).call(message, &below(place)).await);
        assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "no-handler"), "{place}: {text}");
        assert!(world.link(&far.url()).send(message, &below(place)).await.is_err(), "{place}");
    }
    assert_eq!((all.seen.count(""), few.seen.count("")), (0, 0));
    // Who asks for nothing that others may not have is answered.
    let answer = world.link(&all.url()).call(plain, &below("suite:fare,tier:none")).await;
    assert_eq!(answer.as_deref(), Ok(&br#"["fare null","depth 0"]"#[..]));
    // What cannot be read is not taken for nothing.
    let (outcome, code, text) = failure(world.link(&all.url()).call(plain, &below("suite:")).await);
    assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "invalid-message"), "{text}");
}

/// Retries are those of any call.
pub async fn what_is_handed_on_goes_to_one_who_is_there(world: World) {
    let lists = [services::golds(), services::fares(), services::fares()];
    let mut fars = world.spread(&lists).await;
    let near = world.near(&[&fars[0]]).await;
    for _ in 0..4 {
        near.call(fare("gold")).await.unwrap();
    }
    let gone = fars.remove(1).kill();
    assert!(gone.count("fare") > 0, "they share the work");
    for _ in 0..20 {
        near.call(fare("gold")).await.unwrap();
    }
}
