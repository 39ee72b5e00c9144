use syn::DeriveInput;

use super::serde;
use crate::errors::Errors;

/// What the type's `#[serde(…)]` says about its JSON.
#[derive(Default)]
pub(super) struct Container {
    pub(super) rename_all: Option<String>,
}

impl Container {
    pub(super) fn new(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut container = Container::default();
        for item in serde::items(&input.attrs) {
            match item.name.as_str() {
                "deny_unknown_fields" => errors.at(
                    item.span,
                    "keys that nobody asked about are ignored (MUST IGNORE), or a message could never grow: remove `deny_unknown_fields`",
                ),
                "transparent" => errors.at(
                    item.span,
                    "a message is a JSON object, and `transparent` would make it something else: remove it",
                ),
                "tag" => errors.at(
                    item.span,
                    "`tag` adds a key that no pattern knows of; write the key in `#[message(…)]` instead",
                ),
                name @ ("from" | "try_from" | "into" | "remote") => errors.at(
                    item.span,
                    format!("with `{name}` the JSON is that of another type; derive `Message` for that type"),
                ),
                "rename_all" => match item.one_name() {
                    Ok(rule) => container.rename_all = rule.map(str::to_owned),
                    Err(()) => errors.at(
                        item.span,
                        "what is written under one name could not be read under another: give one `rename_all = \"…\"`",
                    ),
                },
                _ => {}
            }
        }
        container
    }
}
