use syn::LitStr;

const CURE: &str = "a duration is a whole number and a unit, as \"500ms\", \"2s\", \"10m\", \"1h\" or \"1d\"";

/// The milliseconds of `"2s"`; `of_nothing` says what is wrong with none.
pub(crate) fn millis(literal: &LitStr, of_nothing: &str) -> syn::Result<u64> {
    let text = literal.value();
    let error = || syn::Error::new(literal.span(), CURE);
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| error())?;
    let factor = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(error()),
    };
    match number.checked_mul(factor) {
        Some(0) => Err(syn::Error::new(literal.span(), of_nothing)),
        Some(millis) => Ok(millis),
        None => Err(error()),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::LitStr;

    fn millis(text: &str) -> Option<u64> {
        super::millis(&LitStr::new(text, Span::call_site()), "").ok()
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(millis("500ms"), Some(500));
        assert_eq!(millis("2s"), Some(2_000));
        assert_eq!(millis("10 m"), Some(600_000));
        assert_eq!(millis("1h"), Some(3_600_000));
        for wrong in
            ["", "2", "s", "0s", "-1s", "1.5s", "2 weeks", "99999999999999999999s", "9999999999999999999s"]
        {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
