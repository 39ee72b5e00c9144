//! What may come from outside: checked here, and nowhere behind.

use matchbus::prelude::*;

use crate::contracts::{ApiError, Follow, FollowUser, Post, PostEntry};

/// The most characters of an entry.
pub const MOST: usize = 280;

/// The most characters of a name.
const LONGEST_NAME: usize = 32;

/// Whether this can be a user's name: it becomes a part of addresses.
pub fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(fits)
}

fn check(name: &str) -> Result<(), CallError<ApiError>> {
    if is_name(name) { Ok(()) } else { Err(CallError::App(ApiError::BadName)) }
}

/// Posts what is fit to be posted.
#[service(api = "post", rank(6), effect(accept_duplicates))]
async fn post(msg: Post, entry: Call<PostEntry>) -> Result<(), CallError<ApiError>> {
    check(&msg.user)?;
    let text = msg.text.trim();
    match text.chars().count() {
        0 => return Err(CallError::App(ApiError::Empty)),
        length if length > MOST => return Err(CallError::App(ApiError::TooLong { length, most: MOST })),
        _ => {}
    }
    Ok(entry.call(PostEntry { text: text.to_owned(), user: msg.user }).await.map_err(CallError::lift)?)
}

/// Follows whom one can follow.
#[service(api = "follow", rank(6), effect(idempotent))]
async fn follow(msg: Follow, follow: Call<FollowUser>) -> Result<(), CallError<ApiError>> {
    check(&msg.user)?;
    check(&msg.target)?;
    if msg.user == msg.target {
        return Err(CallError::App(ApiError::Yourself));
    }
    Ok(follow.call(FollowUser { user: msg.user, target: msg.target }).await.map_err(CallError::lift)?)
}
