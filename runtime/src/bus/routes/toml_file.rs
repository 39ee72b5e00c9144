//! A route table as a TOML file.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Route;
use crate::message::{Error, Result};
use crate::pattern::Pattern;
use crate::transport::Url;

pub(super) fn read(path: &Path) -> Result<Vec<Route>> {
    let text = std::fs::read_to_string(path).map_err(|cause| {
        let cure = "give the path of a TOML file with [[route]] tables";
        Error::usage(format!("the route table `{}` cannot be read: {cause}; {cure}", path.display()))
    })?;
    table(&text, &path.display().to_string())
}

fn table(text: &str, file: &str) -> Result<Vec<Route>> {
    let at = |span: &Range<usize>| {
        let line = text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1;
        format!("{file}:{line}")
    };
    let root = DeTable::parse(text).map_err(|cause| {
        // Its `Display` shows the line itself, which may hold a token.
        let place = cause.span().map_or_else(|| file.to_owned(), |span| at(&span));
        Error::usage(format!("{place}: {}; it must be TOML with [[route]] tables", cause.message()))
    })?;
    let mut routes = Vec::new();
    for (key, value) in root.get_ref() {
        let list = (key.get_ref() == "route").then(|| value.get_ref().as_array()).flatten();
        let Some(list) = list else {
            let place = at(&key.span());
            return Err(Error::usage(format!(
                "{place}: `{}` is not known here; write [[route]] tables",
                key.get_ref()
            )));
        };
        for entry in list {
            let Some(fields) = entry.get_ref().as_table() else {
                return Err(Error::usage(format!(
                    "{}: a route is no table; write [[route]]",
                    at(&entry.span())
                )));
            };
            let said =
                route(fields).and_then(|route| route.check().map(|()| route).map_err(|why| (None, why)));
            routes.push(said.map_err(|(span, why)| {
                Error::usage(format!("{}: {why}", at(&span.unwrap_or_else(|| entry.span()))))
            })?);
        }
    }
    Ok(routes)
}

/// What is wrong, and where if it is one key.
type Wrong = (Option<Range<usize>>, String);

fn route(fields: &DeTable<'_>) -> Result<Route, Wrong> {
    let (mut pin, mut to, mut observe, mut local) = (None, None, false, true);
    for (key, value) in fields {
        let wrong = |why: String| (Some(key.span()), format!("`{}` {why}", key.get_ref()));
        match key.get_ref().as_ref() {
            "pin" => pin = Some(read_pin(value.get_ref()).map_err(wrong)?),
            "to" => to = Some(read_addresses(value.get_ref()).map_err(wrong)?),
            "mode" => {
                observe = match value.get_ref().as_str() {
                    Some("consume") => false,
                    Some("observe") => true,
                    _ => return Err(wrong("must be \"consume\" or \"observe\"".into())),
                }
            }
            "local" => {
                local = value.get_ref().as_bool().ok_or_else(|| wrong("must be true or false".into()))?;
            }
            _ => return Err(wrong("is not known here; a route has: pin, to, mode, local".into())),
        }
    }
    let pin = pin
        .ok_or((None, "the route has no `pin`; say which messages it is for: pin = \"role:cart\"".into()))?;
    let to = to.ok_or((None, "the route has no `to`; say where: to = [\"tcp://host:port\"]".into()))?;
    Ok(Route { pin, to, observe, skip_local: !local })
}

fn read_pin(value: &DeValue<'_>) -> Result<Pattern, String> {
    let text = value.as_str().ok_or("must be a pattern in quotes, such as \"role:cart,cmd:*\"")?;
    text.parse().map_err(|cause| format!("is no pattern: {cause}"))
}

fn read_addresses(value: &DeValue<'_>) -> Result<Vec<Url>, String> {
    let address = |value: &DeValue<'_>| {
        let text = value.as_str().ok_or("must be an address or a list of addresses, each in quotes")?;
        text.parse::<Url>().map_err(|cause| cause.text().to_owned())
    };
    match value.as_array() {
        None => Ok(vec![address(value)?]),
        Some(list) => list.iter().map(Spanned::get_ref).map(address).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = r#"
            [[route]]
            pin = "role:price"
            to = ["tcp://a:1", "tcp://b:2"]
            [[route]]
            pin = "event:*"
            mode = "observe"
            to = "tcp://c"
            [[route]]
            pin = "role:cart,tier:gold"
            mode = "consume"
            local = false
            to = "http://s3cret@d?token_env=X"
        "#;
        let routes = table(text, "routes.toml").unwrap();
        let shown: Vec<_> = routes.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "the route `role:price=tcp://a:1,tcp://b:2`",
                "the observe `event:*=tcp://c`",
                "the route `role:cart,tier:gold=http://***@d`"
            ]
        );
        assert_eq!(routes.iter().map(|route| route.skip_local).collect::<Vec<_>>(), [false, false, true]);
        assert!(table("", "routes.toml").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_key_and_cure_and_without_secrets() {
        let route = |rest: &str| format!("# mine\n[[route]]\n{rest}\n");
        let good = "pin = \"a:1\"\nto = \"tcp://h\"\n";
        for (text, why) in [
            ("a = ".to_owned(), "routes.toml:1: "),
            ("[[routes]]\npin = 1".into(), "routes.toml:1: `routes` is not known here; write [[route]]"),
            ("route = \"a\"".into(), "routes.toml:1: `route` is not known here"),
            ("route = [1]".into(), "routes.toml:1: a route is no table"),
            (route("pin = \"a:1\""), "routes.toml:2: the route has no `to`"),
            (route("to = \"http://s3cret@h\""), "routes.toml:2: the route has no `pin`"),
            (route("pin = 1"), "routes.toml:3: `pin` must be a pattern in quotes"),
            (route("pin = \"a\""), "routes.toml:3: `pin` is no pattern: "),
            (route("pin = \"a:1\"\nto = []"), "routes.toml:2: it has no address"),
            (route("pin = \"a:1\"\nto = 7"), "routes.toml:4: `to` must be an address or a list"),
            (
                route("pin = \"a:1\"\nto = [\"http://s3cret@h:x\"]"),
                "routes.toml:4: `to` `http://…` is no address",
            ),
            (route("to = http://s3cret@h"), "routes.toml:3: "),
            (route("to = { a = \"http://s3cret@h\" }"), "routes.toml:3: `to` must be an address"),
            (
                route(&format!("{good}mode = \"all\"")),
                "routes.toml:5: `mode` must be \"consume\" or \"observe\"",
            ),
            (route(&format!("{good}local = \"no\"")), "routes.toml:5: `local` must be true or false"),
            (
                route(&format!("{good}prefer = 1")),
                "routes.toml:5: `prefer` is not known here; a route has: pin, to",
            ),
            (route(&format!("{good}to = \"tcp://s3cret@i\"")), "routes.toml:5: "),
            (
                route(&format!("{good}mode = \"observe\"\nlocal = false")),
                "routes.toml:2: an observe route adds copies",
            ),
            (route("pin = \"a:1\"\nto = \"tcp://h?pin=b:1\""), "has a `pin` of its own"),
        ] {
            let error = table(&text, "routes.toml").unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("s3cret"), "{text}\n{error}");
        }
    }
}
