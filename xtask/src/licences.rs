//! Are all dependencies under licences that `deny.toml` allows?
//!
//! cargo-deny checks more (advisories, sources); this part of it needs no installation and no network, so it runs in
//! every CI run. Both read the same list.

use serde_json::Value;

use crate::step::{Failed, cargo, root};

pub(crate) fn check() -> Result<(), Failed> {
    let path = root().join("deny.toml");
    let deny =
        std::fs::read_to_string(&path).map_err(|cause| Failed(format!("{}: {cause}", path.display())))?;
    let allowed = allowed(&deny);
    if allowed.is_empty() {
        return Err(Failed("deny.toml has no list `allow = [` of licences".into()));
    }
    let metadata = cargo(["metadata", "--format-version", "1", "--all-features"]).output("cargo metadata")?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|cause| Failed(format!("cargo metadata: {cause}")))?;
    let mut refused = Vec::new();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        if !satisfied(licence, &allowed) {
            refused.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    if refused.is_empty() {
        eprintln!("xtask: licences: {} packages, all allowed by deny.toml", packages.len());
        return Ok(());
    }
    Err(Failed(format!("licences that deny.toml does not allow:\n  {}", refused.join("\n  "))))
}

/// The texts of the first `allow = [ … ]`.
fn allowed(deny: &str) -> Vec<&str> {
    let list =
        deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).collect()
}

/// `A OR B` needs one and `A AND B` both; the old spelling `A/B` is an OR. No licence of ours nests deeper than a
/// pair of brackets, whose AND binds the parts.
fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression.split(" AND ").all(|all| {
        all.split(" OR ").any(|one| allowed.contains(&one.trim().split(" WITH ").next().unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = allowed("[licenses]\nallow = [\n  \"MIT\", # why\n  \"Unicode-3.0\",\n]\n");
        assert_eq!(allowed, ["MIT", "Unicode-3.0"]);
        assert!(satisfied("MIT OR Apache-2.0", &allowed));
        assert!(satisfied("Apache-2.0/MIT", &allowed));
        assert!(satisfied("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
        assert!(!satisfied("GPL-3.0", &allowed));
        assert!(!satisfied("MIT AND GPL-3.0", &allowed));
        assert!(!satisfied("none", &allowed));
    }
}
