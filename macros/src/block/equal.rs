use crate::errors::Errors;
use crate::handler::{Handler, Kind};

/// Two methods with the same pattern are an error, at both.
///
/// The claims beside the block would find them too, but could only underline the block's attribute.
pub(super) fn refuse_equal(handlers: &[Handler], errors: &mut Errors) {
    let all: Vec<_> = handlers
        .iter()
        .filter(|handler| !handler.options.overrides && !handler.options.alternative)
        .flat_map(|handler| handler.patterns.iter().map(move |pattern| (handler, pattern)))
        .filter(|(_, pattern)| !pattern.keys.is_empty())
        .collect();
    for (i, (handler, pattern)) in all.iter().enumerate() {
        let first = all[..i].iter().find(|(other, known)| {
            known.text == pattern.text
                && other.kind == handler.kind
                && (handler.kind == Kind::Service || other.options.group == handler.options.group)
                && !std::ptr::eq(*other, *handler)
        });
        if let Some((other, first)) = first {
            let word = handler.kind.word();
            errors.twice(
                pattern.span,
                format!(
                    "two {word} methods have the pattern `{}`: `{}` and `{}`",
                    pattern.text, other.name, handler.name
                ),
                first.span,
                "first given here",
            );
        }
    }
}
