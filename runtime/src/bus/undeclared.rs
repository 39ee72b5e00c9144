//! Handlers that do not say what a second run of them does (rule R3).

use super::core::Core;
use crate::list::{List, join};
use crate::registry::{Effect, Kind};

impl Core {
    /// What it means that services here declare no effect, in words; `None` where all do.
    pub(crate) fn undeclared_note(&self) -> Option<String> {
        let undeclared = self.handlers.iter().filter_map(|handler| {
            let info = handler.about.info()?;
            (info.kind == Kind::Service && info.effect == Effect::Undeclared).then_some(info.name)
        });
        let mut names: Vec<&str> = undeclared.list();
        names.dedup();
        (!names.is_empty()).then(|| note(&names))
    }
}

/// The same for the services of these names.
pub(crate) fn note(names: &[&str]) -> String {
    format!(
        "`{}` has no `effect(…)`: where a process dies or falls silent in the middle of a call, the call is not made again and \
         its caller gets *unknown*; declare `effect(read)`, `effect(idempotent)`, `effect(dedup)` or `effect(accept_duplicates)`",
        join(names, "`, `")
    )
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::services;

    #[service((role = "cart", cmd = "add"), (role = "cart", cmd = "put"))]
    fn add(_: serde_json::Value) {}

    #[service(role = "cart", cmd = "get", effect(read))]
    fn get(_: serde_json::Value) {}

    #[observer(role = "cart", event = "full")]
    fn hear(_: serde_json::Value) {}

    #[test]
    fn services_without_an_effect_are_named_once() {
        let note = |services| Bus::with(services).unwrap().core().undeclared_note();
        let told = note(services![add, get, hear]).unwrap();
        assert!(told.starts_with("`add` has no `effect(…)`") && told.contains("effect(read)"), "{told}");
        assert_eq!(note(services![get, hear]), None);
    }
}
