use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{counted, print};
use crate::bus::{Builder, dedup_note, undeclared_note};
use crate::list::{List, join};
use crate::message::{Error, Result};
use crate::registry::{Catalogue, Info, hands_on_outside};
use crate::sort::distinct;

/// Checks the handlers as the start of the bus would, and against a saved catalogue. The exit code: 0 if all is well.
pub(super) fn check(builder: &Builder, against: Option<&Path>) -> Result<u8> {
    let infos = builder.infos();
    let catalogue = Catalogue::of(infos.iter().copied());
    let mut problems: Vec<String> = builder.problems().iter().map(ToString::to_string).list();
    let saved = against.map(|path| Ok::<_, Error>((path, read(path)?))).transpose()?;
    if let Some((_, saved)) = &saved {
        for broken in saved.broken_by(&catalogue) {
            problems.push(broken.to_string());
        }
    }
    if problems.is_empty() {
        print(&well(&catalogue, &infos, saved.as_ref().map(|(path, saved)| (*path, saved))))?;
        return Ok(0);
    }
    let mut text = String::new();
    for problem in &problems {
        let _ = writeln!(text, "- {}", problem.replace('\n', "\n  "));
    }
    print(&text)?;
    Ok(1)
}

/// What was found to be well, with what lies outside of the program and so cannot be checked.
fn well(catalogue: &Catalogue, infos: &[&'static Info], against: Option<(&Path, &Catalogue)>) -> String {
    let services = distinct(catalogue.handlers.iter().map(|handler| &*handler.service));
    let mut text = format!(
        "ok: {} of {}\n",
        counted(catalogue.handlers.len(), "handler"),
        counted(services.len(), "service")
    );
    if let Some((path, saved)) = against {
        let not_compared = saved.not_compared(catalogue);
        if not_compared.is_empty() {
            let _ = writeln!(text, "ok: nothing breaks callers that rely on {}", path.display());
        } else {
            let _ = writeln!(
                text,
                "ok: patterns and effects are as callers that rely on {} know them\n\
                 note: fields are NOT compared of {}, whose types have no JSON Schema: derive `schemars::JsonSchema` for \
                 them, turn the feature `schema` of matchbus on, and save the catalogue again",
                path.display(),
                join(&not_compared, "; "),
            );
        }
    }
    let services_with = |effect: &str| {
        let those =
            catalogue.handlers.iter().filter(|handler| handler.kind == "service" && handler.effect == effect);
        let mut names: Vec<&str> = those.map(|handler| &*handler.handler).list();
        names.dedup();
        names
    };
    let (remember, undeclared) = (services_with("dedup"), services_with("undeclared"));
    if !remember.is_empty() {
        let _ = writeln!(text, "note: {}", dedup_note(&remember));
    }
    if !undeclared.is_empty() {
        let _ = writeln!(text, "note: {}", undeclared_note(&undeclared));
    }
    let outputs = catalogue.handlers.iter().flat_map(|handler| &handler.outputs);
    let outside =
        distinct(outputs.filter(|output| output.answered_by.is_empty()).map(|output| &*output.pattern));
    for pattern in outside {
        let _ = writeln!(text, "note: {pattern} is external: nothing in this program answers it");
    }
    for (info, pattern) in hands_on_outside(infos) {
        let _ = writeln!(
            text,
            "note: `{}::{}` hands on by `Prior`: nothing in this program answers every message of {} without it",
            info.service(),
            info.name,
            pattern.text
        );
    }
    text
}

fn read(path: &Path) -> Result<Catalogue> {
    let usage = |cause: String| Error::usage(format!("{} is no saved catalogue: {cause}", path.display()));
    let bytes = fs::read(path).map_err(|cause| usage(cause.to_string()))?;
    let saved: Catalogue = serde_json::from_slice(&bytes)
        .map_err(|cause| usage(format!("{cause}; save one with `list --json`")))?;
    if saved.version > Catalogue::VERSION {
        return Err(usage(format!(
            "its format has version {} and this program reads up to {}; save one with `list --json` of a program with \
             this version of matchbus, or update it here",
            saved.version,
            Catalogue::VERSION,
        )));
    }
    Ok(saved)
}
