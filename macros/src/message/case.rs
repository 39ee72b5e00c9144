//! `#[serde(rename_all = "…")]` on fields, exactly as serde does it.

/// The field's name in JSON; `None` if serde has no such rule (and says so itself).
pub(super) fn rename(rule: &str, field: &str) -> Option<String> {
    Some(match rule {
        "lowercase" | "snake_case" => field.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => field.to_ascii_uppercase(),
        "PascalCase" => pascal(field),
        "camelCase" => {
            let pascal = pascal(field);
            let mut chars = pascal.chars();
            chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
        }
        "kebab-case" => field.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => field.to_ascii_uppercase().replace('_', "-"),
        _ => return None,
    })
}

fn pascal(field: &str) -> String {
    let mut pascal = String::new();
    let mut starts = true;
    for c in field.chars() {
        if c == '_' {
            starts = true;
        } else {
            pascal.push(if starts { c.to_ascii_uppercase() } else { c });
            starts = false;
        }
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::rename;

    #[test]
    fn all_eight_rules() {
        let renamed = |rule| rename(rule, "user_id").unwrap();
        assert_eq!(renamed("lowercase"), "user_id");
        assert_eq!(renamed("snake_case"), "user_id");
        assert_eq!(renamed("UPPERCASE"), "USER_ID");
        assert_eq!(renamed("SCREAMING_SNAKE_CASE"), "USER_ID");
        assert_eq!(renamed("PascalCase"), "UserId");
        assert_eq!(renamed("camelCase"), "userId");
        assert_eq!(renamed("kebab-case"), "user-id");
        assert_eq!(renamed("SCREAMING-KEBAB-CASE"), "USER-ID");
        assert_eq!(rename("Train-Case", "a"), None);
    }
}
