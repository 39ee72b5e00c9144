use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, GenericParam, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type,
};

use super::types::{bare, is_extractor, is_future, last_word, mentions, outside};
use crate::errors::Errors;

/// What the shim needs to know of a function's signature.
pub(crate) struct Shape {
    /// Whether its result is awaited.
    pub(crate) is_async: bool,
    pub(crate) message: Message,
    /// The arguments that are taken from the context.
    pub(crate) others: Vec<Argument>,
    /// Tokens that an error about the returned type underlines.
    pub(crate) returned: TokenStream,
}

/// How the message comes in.
pub(crate) enum Message {
    /// The handler does not look at it.
    None,
    Owned(Argument),
    /// `&M`; the type is `M`.
    Borrowed(Argument),
}

/// One argument, by its type.
pub(crate) struct Argument {
    pub(crate) ty: TokenStream,
    pub(crate) cfgs: Vec<Attribute>,
}

impl Shape {
    /// Every mistake in the signature is an error. For methods, `self_type` is what `Self` means.
    pub(crate) fn new(
        sig: &Signature,
        self_type: Option<&TokenStream>,
        word: &str,
        errors: &mut Errors,
    ) -> Self {
        modifiers(sig, errors);
        generics(sig, errors);
        let mut message = Message::None;
        let mut others = Vec::new();
        let mut is_first = true;
        for argument in &sig.inputs {
            match argument {
                FnArg::Receiver(receiver) => self_argument(receiver, self_type.is_some(), word, errors),
                FnArg::Typed(argument) => {
                    let is_message = std::mem::take(&mut is_first) && !is_extractor(&argument.ty);
                    check(argument, is_message, errors);
                    let cfgs =
                        argument.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
                    let outside = |ty: &Type| outside(ty, &sig.generics, self_type);
                    match bare(&argument.ty) {
                        Type::Reference(reference) if is_message => {
                            message =
                                Message::Borrowed(Argument { ty: outside(bare(&reference.elem)), cfgs });
                        }
                        ty if is_message => message = Message::Owned(Argument { ty: outside(ty), cfgs }),
                        ty => others.push(Argument { ty: outside(ty), cfgs }),
                    }
                }
            }
        }
        let returned = match &sig.output {
            ReturnType::Default => sig.ident.to_token_stream(),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        };
        Shape { is_async: sig.asyncness.is_some() || is_future(&sig.output), message, others, returned }
    }
}

const PRIMITIVE: &[&str] = &[
    "bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

fn modifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(constness) = &sig.constness {
        errors.on(constness, "a handler runs when a message comes and cannot be `const`; remove the word");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.on(
            unsafety,
            "a message from anywhere calls a handler, so it cannot be `unsafe`; make it safe to call",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "a handler is a Rust function; remove `extern`");
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic.dots, "a handler's arguments are fixed; remove `...`");
    }
    if PRIMITIVE.iter().any(|name| sig.ident == name) {
        let name = &sig.ident;
        errors.on(name, format!("beside each handler stands a type of the same name, which would hide `{name}`; choose another name"));
    }
}

fn generics(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        match param {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(param) => errors.on(
                &param.ident,
                format!(
                    "a handler answers messages of one type and cannot be generic; replace `{}` by a type",
                    param.ident
                ),
            ),
            GenericParam::Const(param) => errors.on(
                &param.ident,
                format!("a handler cannot be generic; replace `{}` by a constant", param.ident),
            ),
        }
    }
}

fn self_argument(receiver: &Receiver, is_method: bool, word: &str, errors: &mut Errors) {
    if !is_method {
        errors.on(
            receiver,
            format!("`#[{word}]` on a method works below `#[services]`: write `#[matchbus::handlers]` on the `impl` block"),
        );
        return;
    }
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => {}
        ReceiverKind::Reference(_, _, Some(_)) => errors.on(
            receiver,
            "a handler shares its state with all others: take `&self`, and put what changes in a `Mutex` or an atomic",
        ),
        _ => errors.on(receiver, "a handler shares its state with all others: take `&self`"),
    }
}

fn check(argument: &PatType, is_message: bool, errors: &mut Errors) {
    let ty = bare(&argument.ty);
    if mentions(ty.to_token_stream(), "impl") {
        errors.on(ty, "a handler's arguments have types that can be named; replace `impl …` by a type");
        return;
    }
    let Type::Reference(reference) = ty else { return };
    let inner = &reference.elem;
    if !is_message {
        let text = if is_extractor(inner) {
            format!("take it by value: `{}`; it is cheap to clone", display(inner))
        } else {
            format!("only the message may be a reference; shared values come as `State<{}>`", display(inner))
        };
        errors.on(ty, text);
    } else if matches!(bare(inner), Type::Slice(_) | Type::TraitObject(_))
        || last_word(inner).as_deref() == Some("str")
    {
        // First, since of these there is no copy to take.
        errors.on(ty, "a message is a struct with `#[derive(Message)]`, or `matchbus::Value` for any JSON");
    } else if reference.mutability.is_some() {
        errors.on(
            ty,
            format!(
                "a message is the caller's own: take `{}` and change your copy, or take `&{0}`",
                display(inner)
            ),
        );
    }
}

/// The type as rustfmt would write it, nearly.
fn display(ty: &Type) -> String {
    let text = quote!(#ty).to_string();
    [(" < ", "<"), (" >", ">"), (" :: ", "::"), (":: ", "::"), ("& ", "&"), (" ,", ",")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}
