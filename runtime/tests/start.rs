//! A bus that cannot be right does not start, and says everything that is wrong at once.

use matchbus::bus::Builder;
use matchbus::prelude::*;
use matchbus::services;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "a", cmd = "x", reply(u32))]
struct Ask {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "away", cmd = "x", reply(u32))]
struct Away {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "elsewhere", cmd = "x", reply(u32), external)]
struct Elsewhere {}

struct Db;
struct Cache;

mod one {
    use super::*;

    #[service(role = "a", cmd = "x", alternative)]
    pub(crate) async fn ask(
        _: Ask,
        _db: State<Db>,
        _cache: State<Cache>,
        _away: Call<Away>,
        _other: Call<Elsewhere>,
    ) -> u32 {
        1
    }
}

mod two {
    use super::*;

    #[service(role = "a", cmd = "x", alternative)]
    pub(crate) async fn ask(_: Ask, _db: State<Db>, _maybe: Option<State<Cache>>) -> u32 {
        2
    }
}

fn problems(builder: Builder) -> (Vec<&'static str>, String) {
    let error = builder.start().unwrap_err();
    (error.problems().iter().map(matchbus::bus::StartProblem::code).collect(), error.to_string())
}

#[tokio::test]
async fn all_problems_come_at_once_with_their_cures() {
    let (codes, text) = problems(Bus::builder().services(services![one::ask, two::ask, ..]));
    for code in ["two-alternatives", "missing-state", "unanswered"] {
        assert!(codes.contains(&code), "{code}: {text}");
    }
    for part in ["start::Db", "start::Cache", ".state(…)", "Away", "--only"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Elsewhere"), "{text}");
    println!("{text}");
}

#[tokio::test]
async fn of_alternatives_a_process_mounts_one() {
    let both = Bus::builder().services(services![one::ask, two::ask, ..]).state(Db);
    let bus = both.only(["two"]).handle(|_: Away| async { 0 }).start().unwrap();
    assert_eq!(bus.call(Ask {}).await.unwrap(), 2);
    assert_eq!(bus.size(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_there_cannot_be_mounted() {
    let builder = Bus::builder().services(services![two::ask]).state(Db).only(["tow"]);
    let (codes, text) = problems(builder);
    assert_eq!(codes, ["unknown-service"]);
    assert!(text.contains("no service `tow`") && text.contains("it has: two"), "{text}");
}

#[tokio::test]
async fn keys_known_only_at_start_join_each_pattern() {
    let bus = Bus::builder().services(services![two::ask]).state(Db).with("shard", 0).start().unwrap();
    assert!(bus.call(Ask {}).await.unwrap_err().to_string().contains("shard"));
    assert_eq!(bus.extend("shard", 0).call(Ask {}).await.unwrap(), 2);
    assert!(bus.extend("shard", 1).call(Ask {}).await.is_err());
    assert_eq!(bus.flows().flows[0].pattern, "cmd:x,role:a,shard:0");
    let (codes, text) = problems(Bus::builder().services(services![two::ask]).state(Db).with("cmd", "y"));
    assert_eq!(codes, ["with-key"]);
    assert!(text.contains("cmd"), "{text}");
}

mod sharded {
    use super::*;

    #[service(role = "store")]
    pub(crate) fn all(_: Value) -> Value {
        "all".into()
    }

    #[service(role = "store", shard = "*")]
    pub(crate) fn shard(_: Value) -> Value {
        "shard".into()
    }
}

#[tokio::test]
async fn keys_of_the_start_are_checked_for_what_is_mounted() {
    // `two` has the key `cmd`, and is not mounted.
    let both = || Bus::builder().services(services![two::ask, sharded::shard, ..]).state(Db);
    let bus = both().only(["sharded"]).with("cmd", "y").start().unwrap();
    assert_eq!(bus.act(serde_json::json!({"role":"store","cmd":"y","shard":1})).await.unwrap(), "shard");
    // A pattern that has the same value anyway stays as it is.
    let bus = both().only(["two"]).with("cmd", "x").start().unwrap();
    assert_eq!(bus.flows().flows[0].pattern, "cmd:x,role:a");
    // A closure that would not be mounted is told of as well.
    let (codes, text) =
        problems(Bus::builder().handle_json("a:1".parse().unwrap(), |msg| async { msg }).with("a", 2));
    assert_eq!(codes, ["with-key"]);
    assert!(text.contains("`closure`") && text.contains("values 1 and 2"), "{text}");
}

#[tokio::test]
async fn a_key_of_the_start_that_is_given_twice_is_one_problem() {
    let services = services![sharded::shard, two::ask, ..];
    let (codes, text) = problems(Bus::builder().services(services).state(Db).with("b", 1).with("b", 2));
    assert_eq!(codes, ["with-key"]);
    assert!(text.contains("`b` is given twice"), "{text}");
}

#[tokio::test]
async fn keys_of_the_start_do_not_make_two_patterns_one() {
    let sharded = || Bus::builder().services(services![sharded::all, sharded::shard]);
    assert!(sharded().with("zone", "eu").start().is_ok());
    let (codes, text) = problems(sharded().with("shard", 0));
    assert_eq!(codes, ["with-key"]);
    for part in ["`role:store` of `all`", "`role:store,shard:*` of `shard`", "both `role:store,shard:0`"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_state_given_twice_is_the_second_one() {
    #[service(role = "n")]
    fn n(_: Value, n: State<u32>) -> Value {
        (*n).into()
    }
    let bus = Bus::builder().services(services![n]).state(1u32).state(2u32).start().unwrap();
    assert_eq!(bus.act(serde_json::json!({"role":"n"})).await.unwrap(), 2);
}

/// What an override replaces may be in another program, as its message says then.
#[tokio::test]
async fn an_override_of_nothing_is_refused_unless_another_program_has_it() {
    #[service(role = "away", cmd = "x", overrides)]
    fn away(_: Away) -> u32 {
        1
    }
    #[service(role = "elsewhere", cmd = "x", overrides)]
    async fn elsewhere(msg: Elsewhere, there: Prior<Elsewhere>) -> Result<u32, CallError<matchbus::NoError>> {
        there.call(msg).await
    }
    let (codes, text) = problems(Bus::builder().services(services![away, elsewhere]));
    assert_eq!(codes, ["overrides-nothing"], "{text}");
    assert!(text.contains("`cmd:x,role:away`") && text.contains("`external`"), "{text}");
    let bus = Bus::with(services![elsewhere]).unwrap();
    let error = bus.call(Elsewhere {}).await.unwrap_err().to_string();
    assert!(
        error.contains("after `overrides cmd:x,role:elsewhere`, whose handler hands it on by `Prior`"),
        "{error}"
    );
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn an_address_that_needs_a_feature_names_it() {
    let bus = matchbus::Bus::builder().start().unwrap();
    for (url, features) in [("https://h", "`http` and `tls`"), ("tcps://h", "`tcp` and `tls`")] {
        let error = bus.connect(&url.parse().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains(features) && error.contains("Cargo.toml"), "{error}");
    }
}

mod narrowed {
    use super::*;

    #[service(role = "log", shard = "*", level = "*")]
    pub(crate) fn by_level(_: Value) -> Value {
        "level".into()
    }

    #[service(role = "log", source = "web")]
    pub(crate) fn web(_: Value) -> Value {
        "web".into()
    }

    #[service(role = "log", source = "disk", rank(1))]
    pub(crate) fn disk(_: Value) -> Value {
        "disk".into()
    }
}

#[tokio::test]
async fn keys_of_the_start_do_not_make_a_tie() {
    let bus = || Bus::builder().services(services![narrowed::by_level, narrowed::web, narrowed::disk]);
    // More keys win, and `host` is one more in each.
    for bus in [bus(), bus().with("host", "a")] {
        let message = serde_json::json!({"role":"log","shard":0,"level":"warn","source":"web","host":"a"});
        assert_eq!(bus.start().unwrap().act(message).await.unwrap(), "level");
    }
    // `shard` is one more in `web` and none in `by_level`.
    let (codes, text) = problems(bus().with("shard", 0));
    assert_eq!(codes, ["with-key"]);
    for part in [
        "`level:*,role:log,shard:0` of `by_level`",
        "`role:log,shard:0,source:web` of `web`",
        "write `rank(1)` in the one that is to win",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("disk"), "a rank decides: {text}");
}
