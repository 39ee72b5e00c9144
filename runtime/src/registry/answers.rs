use super::fit;
use crate::message::MessageInfo;
use crate::pattern::PatternInfo;

/// Whether a handler with this pattern can be given a message of this type.
pub(crate) const fn answers(pattern: &PatternInfo, message: &MessageInfo) -> bool {
    let mut i = 0;
    while i < pattern.keys.len() {
        let key = &pattern.keys[i];
        let possible = match fit::find(&message.pattern, key.name) {
            Some(given) => fit::covers(key.value, given),
            None => match fit::field(message, key.name) {
                Some(kind) => fit::possible(kind, key.value),
                None => message.open || fit::listed(message.context, key.name),
            },
        };
        if !possible {
            return false;
        }
        i += 1;
    }
    true
}
