use syn::{FnArg, GenericParam};

use crate::errors::Errors;
use crate::handler::{Kind, MaybeItemFn};

const FORM: &str = "`async fn main(app: App) -> matchbus::Result<()>`";

pub(super) fn signature(function: &MaybeItemFn, errors: &mut Errors) {
    let sig = &function.sig;
    if sig.ident != "main" {
        errors.on(&sig.ident, format!("`#[matchbus::main]` stands on the function `main`: {FORM}"));
    }
    if sig.asyncness.is_none() {
        errors.on(sig.fn_token, format!("`main` runs the bus and must be `async`: {FORM}"));
    }
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.on(param, "`main` cannot be generic");
        }
    }
    if let Some(FnArg::Receiver(receiver)) = sig.inputs.first() {
        errors.on(receiver, format!("`main` is a free function: {FORM}"));
    } else if sig.inputs.len() != 1 {
        match sig.inputs.iter().nth(1) {
            Some(second) => {
                errors.on(second, "`main` takes the app and nothing else; state is given by `app.state(…)`");
            }
            None => errors.at(sig.paren_token.span.join(), format!("`main` takes the app: {FORM}")),
        }
    }
    for attr in &function.attrs {
        if let Some(kind) = Kind::of(attr) {
            errors.on(
                attr.path(),
                format!("`main` is no handler; write `#[{}]` on another function", kind.word()),
            );
        }
    }
}
