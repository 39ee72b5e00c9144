/// The value a pattern gives to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// Text with `*` and `?`, as it was written.
    Glob(String),
    Int(i64),
    Bool(bool),
}

impl Value {
    /// Text with a wildcard is a glob. `**` and `*?` are a literal `*` and `?`; text in which all of them are
    /// literal is that text, so that one meaning has one form.
    pub(crate) fn from_text(written: &str) -> Self {
        let mut literal = String::with_capacity(written.len());
        let mut rest = written.chars();
        while let Some(c) = rest.next() {
            match c {
                '*' => match rest.clone().next() {
                    Some(next @ ('*' | '?')) => {
                        literal.push(next);
                        rest.next();
                    }
                    _ => return Value::Glob(written.to_owned()),
                },
                '?' => return Value::Glob(written.to_owned()),
                c => literal.push(c),
            }
        }
        Value::Text(literal)
    }
}
