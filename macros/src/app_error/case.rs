/// `OutOfStock` as `out-of-stock`, `HTTPError` as `http-error`.
pub(super) fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && !chars[i - 1].is_uppercase() && chars[i - 1] != '_';
        let before_lower = chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && i > 0 && chars[i - 1] != '_' && (after_lower || before_lower) {
            kebab.push('-');
        }
        if *c == '_' {
            kebab.push('-');
        } else {
            kebab.extend(c.to_lowercase());
        }
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn words_are_found() {
        for (name, code) in [
            ("OutOfStock", "out-of-stock"),
            ("HTTPError", "http-error"),
            ("Gone", "gone"),
            ("A", "a"),
            ("NoSku2", "no-sku2"),
            ("snake_case", "snake-case"),
            ("UserID", "user-id"),
        ] {
            assert_eq!(kebab(name), code);
        }
    }
}
