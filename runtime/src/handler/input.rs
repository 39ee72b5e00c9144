use std::any::Any;
use std::ops::Deref;

use serde_json::Value;

use super::Incoming;
use crate::message::json::Scan;
use crate::message::{Error, Message};

/// A message on its way into a handler.
///
/// A reference, and not what it refers to: what is larger than a register is written and read again each time it is
/// handed on, and a read of several smaller writes at once waits for all of them (measured: 4 ns each).
#[derive(Debug)]
pub struct Input<'s, 'a>(pub(crate) &'s mut InputKind<'s, 'a>);

/// `'s` ends when the handler is started, `'a` when it ends.
#[derive(Debug)]
pub(crate) enum InputKind<'s, 'a> {
    /// `&mut Option<M>`, to be taken: caller and handler share the type.
    Owned(&'s mut (dyn Any + Send)),
    /// `&M`: caller and handler share the type.
    Borrowed(&'a (dyn Any + Send + Sync)),
    /// JSON that was read once.
    Json(&'s Scan<'s>),
}

/// What a handler that takes `&M` is given: the caller's own message, or one that was decoded for it.
#[derive(Debug)]
pub enum Held<'a, M> {
    /// The caller's.
    Borrowed(&'a M),
    /// Decoded; boxed, so that a message that is lent is not moved with the room for one that is not.
    Owned(Box<M>),
}

impl<M> Deref for Held<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        match self {
            Held::Borrowed(message) => message,
            Held::Owned(message) => message,
        }
    }
}

impl<'a> Input<'_, 'a> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as a call it would move the message once more (measured)")]
    pub(crate) fn take<M: Message>(self) -> Result<M, Error> {
        // Both ways end at a place from which the message is moved once: a place where they meet would be one move more,
        // of what has just been moved (measured: 7 ns for a message of 112 bytes).
        let mut decoded = None;
        let place = match self.0 {
            InputKind::Owned(any) => any.downcast_mut::<Option<M>>(),
            InputKind::Borrowed(_) => None,
            InputKind::Json(scan) => {
                decode(scan, &mut decoded)?;
                Some(&mut decoded)
            }
        };
        place.and_then(move_out).ok_or_else(wrong_type::<M>)
    }

    pub(crate) fn hold<M: Incoming>(self) -> Result<Held<'a, M>, Error> {
        match self.0 {
            InputKind::Borrowed(any) => match any.downcast_ref::<M>() {
                Some(message) => Ok(Held::Borrowed(message)),
                None => Err(wrong_type::<M>()),
            },
            other => M::take(Input(other)).map(|message| Held::Owned(Box::new(message))),
        }
    }

    pub(crate) fn take_value(self) -> Result<Value, Error> {
        match self.0 {
            InputKind::Json(scan) => scan.decode().map_err(Error::invalid),
            InputKind::Owned(_) | InputKind::Borrowed(_) => Err(wrong_type::<Value>()),
        }
    }
}

/// Moves a message as one piece. Inlined, the word that tells whether it is there would be moved by itself, and the rest be
/// waited for, here and in the handler, since its pieces do not lie as they were written (measured: 5 ns each).
#[inline(never)]
fn move_out<M>(place: &mut Option<M>) -> Option<M> {
    place.take()
}

/// A message type's decoding, once for each type: as a part of every handler it is most of what there is to compile
/// (measured: a third of the time of a program with a thousand handlers).
#[inline(never)]
fn decode<M: Message>(scan: &Scan<'_>, into: &mut Option<M>) -> Result<(), Error> {
    scan.decode_into(into).map_err(Error::invalid)
}

/// The bus chose a way that does not fit the handler: a bug of matchbus, told as an error.
#[cold]
fn wrong_type<M>() -> Error {
    Error::refused(format!(
        "the bus handed over a message that is no `{}`; please report this",
        std::any::type_name::<M>()
    ))
}
