use std::marker::PhantomData;

/// What a handler's arguments are taken from: the message's meta data, the states, the bus.
#[derive(Debug)]
pub struct Context<'a> {
    marker: PhantomData<&'a ()>,
}
