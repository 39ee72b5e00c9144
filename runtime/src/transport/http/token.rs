//! The bearer token: compared in constant time, shown nowhere.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use hyper::header::HeaderValue;

use super::super::Url;
use super::percent;
use crate::message::Error;

/// A secret that both sides know.
#[derive(Clone)]
pub(super) struct Token(Arc<str>);

/// The secrets of a listener, any of which fits: two while one takes the other's place.
#[derive(Clone, Debug)]
pub(super) struct Tokens(Box<[Token]>);

impl Tokens {
    /// The tokens of a listener's URL, with white space between them in the environment.
    pub(super) fn of(url: &Url) -> Result<Option<Self>, Error> {
        let Some(given) = given(url)? else { return Ok(None) };
        let tokens = given.split_ascii_whitespace().map(Token::new).collect::<Result<Vec<_>, _>>()?;
        if tokens.is_empty() {
            return Err(no_token());
        }
        Ok(Some(Tokens(tokens.into())))
    }

    /// Whether a request's `Authorization` has one of them. How long that takes tells at most their number and lengths.
    pub(super) fn fit(&self, authorization: Option<&HeaderValue>) -> bool {
        self.0.iter().fold(false, |fits, token| token.fits(authorization) | fits)
    }
}

impl From<Token> for Tokens {
    fn from(token: Token) -> Self {
        Tokens(Box::new([token]))
    }
}

impl Token {
    /// The token of a link's URL.
    pub(super) fn of(url: &Url) -> Result<Option<Self>, Error> {
        given(url)?.map(|given| Token::new(given.trim_ascii())).transpose()
    }

    pub(super) fn new(token: &str) -> Result<Self, Error> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(no_token());
        }
        Ok(Token(token.into()))
    }

    /// Whether a request's `Authorization` has it. How long that takes tells at most the token's length.
    pub(super) fn fits(&self, authorization: Option<&HeaderValue>) -> bool {
        let Some((scheme, given)) =
            authorization.map(HeaderValue::as_bytes).and_then(|v| v.split_at_checked(7))
        else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && equal(given.trim_ascii(), self.0.as_bytes())
    }

    /// The value of the header `Authorization` that has it: not to be shown.
    pub(super) fn to_header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// What a URL says: from the environment, or before the `@`.
fn given(url: &Url) -> Result<Option<String>, Error> {
    match (url.option("token_env"), url.user()) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::usage(format!(
            "`{url}` has a token before the `@` and `token_env` too; leave one out"
        ))),
        (Some(name), None) => std::env::var(name).map(Some).map_err(|_| {
            Error::usage(format!(
                "`{url}` wants its token from the environment variable `{name}`, which is not set or is no text"
            ))
        }),
        (None, Some(user)) => percent::decode(user.as_bytes())
            .map(Some)
            .ok_or_else(|| Error::usage(format!("the token of `{url}` is not well percent-encoded"))),
    }
}

fn no_token() -> Error {
    Error::usage("a bearer token must be one or more visible ASCII characters, since it goes into a header")
}

/// Compares every byte, whatever the first ones were.
fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let differing = a.iter().zip(b).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_fits() {
        let token = Token::new("s3cret-token").unwrap();
        let fits = |text: &str| token.fits(Some(&HeaderValue::from_str(text).unwrap()));
        assert!(fits("Bearer s3cret-token") && fits("bearer  s3cret-token "));
        for bad in
            ["", "Bearer", "Bearer ", "Bearer s3cret-tokem", "Bearer s3cret-token2", "Basic s3cret-token"]
        {
            assert!(!fits(bad), "{bad}");
        }
        assert!(!token.fits(None));
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::new("s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
        assert!(token.fits(HeaderValue::from_str(&token.to_header()).ok().as_ref()));
        assert!(Token::new("").is_err() && Token::new("two words").is_err());
    }

    #[test]
    fn a_listener_may_have_two_while_one_takes_the_other_s_place() {
        let of = |url: &str| Tokens::of(&url.parse().unwrap());
        let tokens = of("http://old%20new@host").unwrap().unwrap();
        let fit = |text: &str| tokens.fit(Some(&HeaderValue::from_str(text).unwrap()));
        assert!(fit("Bearer old") && fit("Bearer new") && !fit("Bearer old new") && !fit("Bearer ol"));
        assert!(!format!("{tokens:?}").contains("new") && !tokens.fit(None));
        assert!(of("http://host").unwrap().is_none() && of("http://%20@host").is_err());
        assert!(Token::of(&"http://old%20new@host".parse().unwrap()).is_err(), "a link has one");
    }

    #[test]
    fn a_token_comes_from_the_url_once() {
        let of = |url: &str| Token::of(&url.parse().unwrap());
        assert_eq!(&*of("http://a%2Fb@host").unwrap().unwrap().0, "a/b");
        assert!(of("http://host").unwrap().is_none());
        assert!(of("http://a@host?token_env=X").is_err());
        let error = of("http://host?token_env=MATCHBUS_NO_SUCH_TOKEN").unwrap_err();
        assert!(error.to_string().contains("MATCHBUS_NO_SUCH_TOKEN"), "{error}");
    }
}
