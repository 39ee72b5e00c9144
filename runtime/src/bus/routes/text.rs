//! A route on the command line: `role:cart=tcp://a:1,tcp://b:2`.

use super::Route;
use crate::message::Error;
use crate::pattern::Pattern;
use crate::transport::Url;

impl Route {
    /// Reads `PIN=URL,URL`. The text may hold tokens, so an error shows only the pin.
    pub(crate) fn parse(text: &str, observe: bool) -> Result<Self, Error> {
        let shape =
            "write it as PIN=URL, such as role:cart=tcp://10.0.0.4:4000, with further addresses after commas";
        // A value of the pin may have a `=` in it, and so may an address; no pin has a `://`.
        let split = text.find("://").and_then(|end| text[..end].rfind('='));
        let Some(split) = split else {
            let pin = text.split('=').next().filter(|pin| !pin.contains("://")).unwrap_or("…");
            return Err(Error::usage(format!("the route of `{pin}` has no address; {shape}")));
        };
        let (pin, to) = (&text[..split], &text[split + 1..]);
        let of = |cause: &dyn std::fmt::Display| Error::usage(format!("the route of `{pin}`: {cause}"));
        let pattern = pin.parse::<Pattern>().map_err(|cause| of(&cause))?;
        let to = addresses(to).into_iter().map(str::parse::<Url>).collect::<Result<Vec<_>, _>>();
        let to = to.map_err(|cause| of(&cause.text()))?;
        Ok(Route { pin: pattern, to, observe, skip_local: false })
    }
}

/// The addresses of a list. A comma that no scheme follows belongs to the address before it.
fn addresses(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        let next = rest.match_indices(',').find(|(at, _)| {
            let scheme = rest[at + 1..].trim_start().split("://").next().unwrap_or_default();
            scheme.len() < rest.len() - at - 1
                && !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        });
        let Some((at, _)) = next else {
            all.push(rest.trim());
            return all;
        };
        all.push(rest[..at].trim());
        rest = &rest[at + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_flag_says_is_read() {
        for (text, shown) in [
            ("role:cart=tcp://a:1", "the route `role:cart=tcp://a:1`"),
            ("role:cart,cmd:a*=tcp://a:1, http://b:2", "the route `cmd:a*,role:cart=tcp://a:1,http://b:2`"),
            ("=tcp://a", "the route `=tcp://a`"),
            ("f:a=b=tcp://a?x=1", "the route `f:a=b=tcp://a`"),
            ("role:cart=http://s3cret@a:1/act?token_env=A,B", "the route `role:cart=http://***@a:1/act`"),
        ] {
            assert_eq!(Route::parse(text, false).unwrap().to_string(), shown, "{text}");
        }
        let route = Route::parse("a:1=http://h?token_env=A,B,tcp://i", true).unwrap();
        assert_eq!((route.to[0].option("token_env"), route.to.len(), route.observe), (Some("A,B"), 2, true));
    }

    #[test]
    fn what_it_cannot_mean_is_told_with_the_cure_and_without_secrets() {
        for (text, why) in [
            ("role:cart", "the route of `role:cart` has no address; write it as PIN=URL"),
            ("tcp://s3cret@a", "has no address"),
            ("role:cart=", "has no address"),
            ("role=tcp://s3cret@a:1", "`role` has no value"),
            ("role:cart=http://s3cret@a:99999", "the port is no number"),
            ("role:cart=tcp://", "there is no host"),
        ] {
            let error = Route::parse(text, false).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
