//! By which name does the user's crate know matchbus?

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Path};

use crate::externs::externs;

/// `::matchbus`, or what the dependency was renamed to, or what `crate(…)` says.
pub(crate) fn crate_path(given: Option<&Path>) -> TokenStream {
    if let Some(path) = given {
        return quote!(#path);
    }
    let name = Ident::new(&name(), Span::call_site());
    quote!(::#name)
}

fn name() -> String {
    const OURS: &str = "matchbus";
    let known = externs();
    // rustc's command line is certain: it names the file. Only an editor has none, and must read the manifest.
    if known.iter().any(|one| one.name == OURS) {
        return OURS.to_owned();
    }
    if let Some(renamed) = known.iter().find(|one| one.library() == Some(OURS)) {
        return renamed.name.clone();
    }
    if known.is_empty()
        && let Some(directory) = std::env::var_os("CARGO_MANIFEST_DIR")
        && let Ok(manifest) = std::fs::read_to_string(std::path::Path::new(&directory).join("Cargo.toml"))
        && let Some(renamed) = in_manifest(&manifest)
    {
        return renamed.replace('-', "_");
    }
    OURS.to_owned()
}

/// The name of the dependency whose package is `matchbus`.
///
/// No TOML crate for this: everybody who uses matchbus would wait for it to compile, and the two ways in which
/// cargo's users write a renamed dependency are found by looking at lines.
fn in_manifest(manifest: &str) -> Option<String> {
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim();
            continue;
        }
        let is_dependencies = section.split('.').any(|part| part.trim().ends_with("dependencies"));
        let compact = line.replace(char::is_whitespace, "");
        if !is_dependencies || !compact.contains("package=\"matchbus\"") {
            continue;
        }
        // `mb = { package = "matchbus", … }` or, below `[dependencies.mb]`, `package = "matchbus"`.
        let name = if compact.starts_with("package=") {
            section.rsplit('.').next()?
        } else {
            line.split(['=', '.']).next()?
        };
        return Some(name.trim().trim_matches('"').to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::in_manifest;

    #[test]
    fn renamed_dependencies_are_found() {
        let inline = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\nmb = { package = \"matchbus\", version = \"1\" }";
        let table = "[dependencies.m-b]\npackage = \"matchbus\"\nversion = \"1\"";
        let target = "[target.'cfg(unix)'.dependencies]\nmb = {package=\"matchbus\"}";
        assert_eq!(in_manifest(inline).as_deref(), Some("mb"));
        assert_eq!(in_manifest(table).as_deref(), Some("m-b"));
        assert_eq!(in_manifest(target).as_deref(), Some("mb"));
        assert_eq!(in_manifest("[dependencies]\nmatchbus = \"1\""), None);
        assert_eq!(in_manifest("[package]\nname = \"matchbus\""), None);
    }
}
