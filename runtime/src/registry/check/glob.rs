//! What two globs have in common, decided exactly and without memory, in a `const`.

/// Reads a glob, or plain text, one token after the other.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    glob: bool,
}

#[derive(Clone, Copy)]
enum Token {
    /// `*`: any run of characters.
    Run,
    /// `?`: any character.
    One,
    /// This character, as the number its UTF-8 bytes make.
    Char(u32),
}

impl<'a> Tokens<'a> {
    const fn glob(source: &'a str) -> Self {
        Tokens { bytes: source.as_bytes(), at: 0, glob: true }
    }

    const fn text(text: &'a str) -> Self {
        Tokens { bytes: text.as_bytes(), at: 0, glob: false }
    }

    const fn next(&mut self) -> Option<Token> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let first = self.bytes[self.at];
        self.at += 1;
        if self.glob {
            if first == b'?' {
                return Some(Token::One);
            }
            if first == b'*' {
                if self.at < self.bytes.len() && matches!(self.bytes[self.at], b'*' | b'?') {
                    self.at += 1;
                    return Some(Token::Char(self.bytes[self.at - 1] as u32));
                }
                return Some(Token::Run);
            }
        }
        let mut character = first as u32;
        while self.at < self.bytes.len() && self.bytes[self.at] & 0xC0 == 0x80 {
            character = character << 8 | self.bytes[self.at] as u32;
            self.at += 1;
        }
        Some(Token::Char(character))
    }

    const fn ended(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// How many tokens are before the first `*`, after the last one, and whether there is one.
    const fn shape(mut self) -> (usize, usize, bool) {
        let (mut head, mut tail, mut runs) = (0, 0, false);
        while let Some(token) = self.next() {
            if let Token::Run = token {
                runs = true;
                tail = 0;
            } else {
                tail += 1;
                if !runs {
                    head += 1;
                }
            }
        }
        (head, tail, runs)
    }

    /// Without the first tokens, so that `keep` are left after the last `*`.
    const fn tail(mut self, mut tail: usize, keep: usize) -> Self {
        let mut rest = self;
        while let Some(token) = rest.next() {
            if let Token::Run = token {
                self = rest;
            }
        }
        while tail > keep {
            self.next();
            tail -= 1;
        }
        self
    }
}

/// Whether this glob means "the key is present".
pub(super) const fn is_any(glob: &str) -> bool {
    same(glob, "*")
}

pub(super) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    a.len() == b.len() && i == a.len()
}

/// Whether a text fits a glob.
pub(super) const fn fits(glob: &str, text: &str) -> bool {
    fits_one(Tokens::glob(glob), Tokens::text(text))
}

/// Whether some text fits both globs.
pub(super) const fn meet(a: &str, b: &str) -> bool {
    let (a, b) = (Tokens::glob(a), Tokens::glob(b));
    let (a_head, a_tail, a_runs) = a.shape();
    let (b_head, b_tail, b_runs) = b.shape();
    if !a_runs {
        return fits_one(b, a);
    }
    if !b_runs {
        return fits_one(a, b);
    }
    // Both have a `*`. What stands between the first and the last `*` of one can be written into a `*` of the
    // other, so only the ends can clash.
    let head = if a_head < b_head { a_head } else { b_head };
    let tail = if a_tail < b_tail { a_tail } else { b_tail };
    agree(a, b, head) && agree(a.tail(a_tail, tail), b.tail(b_tail, tail), tail)
}

/// Whether the next `n` tokens, none of them `*`, can be the same characters.
const fn agree(mut a: Tokens<'_>, mut b: Tokens<'_>, mut n: usize) -> bool {
    while n > 0 {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if can_be_same(a, b) => {}
            _ => return false,
        }
        n -= 1;
    }
    true
}

const fn can_be_same(a: Token, b: Token) -> bool {
    match (a, b) {
        (Token::Char(a), Token::Char(b)) => a == b,
        _ => true,
    }
}

/// Whether a glob fits some text of `fixed`, which has no `*`: only the latest `*` need ever be tried again.
const fn fits_one(mut glob: Tokens<'_>, mut fixed: Tokens<'_>) -> bool {
    let mut retry: Option<(Tokens<'_>, Tokens<'_>)> = None;
    loop {
        let (mut after, mut left) = (glob, fixed);
        let fit = match after.next() {
            Some(Token::Run) => {
                retry = Some((after, fixed));
                glob = after;
                continue;
            }
            Some(token) => match left.next() {
                Some(other) => can_be_same(token, other),
                None => return false,
            },
            None if fixed.ended() => return true,
            None => false,
        };
        if fit {
            glob = after;
            fixed = left;
            continue;
        }
        match retry {
            None => return false,
            Some((after, mut from)) => {
                from.next();
                retry = Some((after, from));
                glob = after;
                fixed = from;
            }
        }
    }
}

/// Whether every text that fits `narrow` fits `wide`.
///
/// Says no for a `wide` of more than 127 tokens, and for pairs with so many `*` that it would take long: an
/// unreachable handler is not reported then.
pub(super) const fn covers(wide: &str, narrow: &str) -> bool {
    let mut tokens = Tokens::glob(wide);
    let (mut all, mut n) = ([Token::Run; 127], 0);
    while let Some(token) = tokens.next() {
        if n == all.len() {
            return false;
        }
        all[n] = token;
        n += 1;
    }
    let mut budget = 4096;
    let (wide, _) = all.split_at(n);
    Wide { tokens: wide }.takes(Tokens::glob(narrow), Wide { tokens: wide }.skip(1), &mut budget)
}

/// A glob as an automaton: a set of places in it is the bits of an integer.
#[derive(Clone, Copy)]
struct Wide<'a> {
    tokens: &'a [Token],
}

impl Wide<'_> {
    /// A `*` may be empty.
    const fn skip(self, mut places: u128) -> u128 {
        let mut i = 0;
        while i < self.tokens.len() {
            if places & 1 << i != 0 && matches!(self.tokens[i], Token::Run) {
                places |= 1 << (i + 1);
            }
            i += 1;
        }
        places
    }

    /// The places after one more character: this one, or (`None`) one that neither glob names.
    ///
    /// A character that no glob names is the hardest to take, so it stands for all that `?` and `*` may be.
    const fn step(self, places: u128, character: Option<u32>) -> u128 {
        let (mut next, mut i) = (0, 0);
        while i < self.tokens.len() {
            if places & 1 << i != 0 {
                match (self.tokens[i], character) {
                    (Token::Run, _) => next |= 1 << i,
                    (Token::One, _) => next |= 1 << (i + 1),
                    (Token::Char(a), Some(b)) if a == b => next |= 1 << (i + 1),
                    (Token::Char(_), _) => {}
                }
            }
            i += 1;
        }
        self.skip(next)
    }

    /// Whether all that is left of `narrow` is taken from one of these places.
    const fn takes(self, mut narrow: Tokens<'_>, mut places: u128, budget: &mut u32) -> bool {
        loop {
            if places == 0 || *budget == 0 {
                return false;
            }
            *budget -= 1;
            places = match narrow.next() {
                None => return places & 1 << self.tokens.len() != 0,
                Some(Token::Char(character)) => self.step(places, Some(character)),
                Some(Token::One) => self.step(places, None),
                Some(Token::Run) => {
                    // Each length of the run must be taken. From some length on the places repeat: after more
                    // steps than there are tokens, what is left stands at a `*` of `wide` or behind one.
                    let mut length = 0;
                    while length <= self.tokens.len() + 1 {
                        if !self.takes(narrow, places, budget) {
                            return false;
                        }
                        let next = self.step(places, None);
                        if next == places {
                            return true;
                        }
                        places = next;
                        length += 1;
                    }
                    return true;
                }
            };
        }
    }
}
