use super::print;
use crate::bus::Builder;
use crate::message::Result;
use crate::registry::Catalogue;

/// Shows the handlers of the program: a table for people or the catalogue for programs.
#[allow(clippy::unnecessary_wraps)] // The commands have one shape.
pub(super) fn list(builder: &Builder, json: bool) -> Result<()> {
    let catalogue = Catalogue::of(builder.infos());
    if json {
        print(&format!("{}\n", catalogue.to_json()));
    } else {
        print(&table(&catalogue));
    }
    Ok(())
}

fn table(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let mut service = "";
    let width = catalogue.handlers.iter().map(|handler| handler.pattern.chars().count()).max().unwrap_or(0);
    for handler in &catalogue.handlers {
        if handler.service != service {
            service = &handler.service;
            text += &format!("{}{service}\n", if text.is_empty() { "" } else { "\n" });
        }
        let first = handler.doc.lines().next().unwrap_or_default();
        let mark = if handler.kind == "observer" { "observes" } else { "answers" };
        text += &format!("  {mark:8}  {:width$}  {}  {first}\n", handler.pattern, handler.handler);
    }
    if text.is_empty() {
        text += "no handlers are linked into this program: a crate of handlers needs `use its_name as _;`\n";
    }
    text
}
