use std::fmt::Write as _;

use super::print;
use crate::bus::Builder;
use crate::message::Result;
use crate::registry::{Catalogue, Handler};

/// Shows the handlers of the program: a table for people or the catalogue for programs.
pub(super) fn list(builder: &Builder, json: bool) -> Result<()> {
    let catalogue = Catalogue::of(builder.infos());
    if json { print(&format!("{}\n", catalogue.to_json())) } else { print(&table(&catalogue)) }
}

fn table(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let mut service = "";
    let widest = |column: fn(&Handler) -> &str| {
        catalogue.handlers.iter().map(|handler| column(handler).chars().count()).max().unwrap_or(0)
    };
    let (patterns, names) = (widest(|handler| &handler.pattern), widest(|handler| &handler.handler));
    for handler in &catalogue.handlers {
        if handler.service != service {
            service = &handler.service;
            text += if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{service}");
        }
        let mark = if handler.kind == "observer" { "observes" } else { "answers" };
        let line = format!(
            "  {mark:8}  {:patterns$}  {:names$}  {}",
            handler.pattern,
            handler.handler,
            first_sentence(&handler.doc)
        );
        text += line.trim_end();
        text.push('\n');
    }
    if text.is_empty() {
        text += "no handlers are linked into this program: a crate of handlers needs `use its_name as _;`\n";
    }
    text
}

/// Of the first line, as far as the first full stop that ends a sentence.
fn first_sentence(doc: &str) -> &str {
    let line = doc.lines().next().unwrap_or_default();
    line.find(". ").map_or(line, |end| &line[..=end])
}
