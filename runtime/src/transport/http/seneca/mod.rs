//! Seneca's two HTTP dialects, from both sides; what is said of them in the [module](super) is the whole of it.

mod asked;
mod link;
mod message;

use super::super::seneca::{codes, ids};

pub(super) use asked::{Asked, read};
pub(super) use link::{reply_of_a, reply_of_b, request};
