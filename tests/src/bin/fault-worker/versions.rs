//! Two versions of one service; a process mounts one of them.

pub(crate) mod first {
    use matchbus::prelude::*;
    use matchbus_tests::faults::old::{Greet, Greeting};

    #[service(fault = "greet", effect(read), alternative)]
    fn greet_as_ever(msg: Greet) -> Greeting {
        Greeting { text: format!("Hello, {}!", msg.name) }
    }
}

pub(crate) mod second {
    use matchbus::prelude::*;
    use matchbus_tests::faults::new::{Greet, Greeting};

    #[service(fault = "greet", effect(read), alternative)]
    fn greet_anew(msg: Greet) -> Greeting {
        let title = msg.title.map(|title| title + " ").unwrap_or_default();
        Greeting { text: format!("Hello, {title}{}!", msg.name), version: 2, times: Some(1) }
    }
}

/// Of the first version, before processes of either that were started with `--with deep=true`: keys that it does not know go
/// along.
pub(crate) mod between {
    use matchbus::prelude::*;
    use matchbus_tests::faults::old::{Greet, Greeting};

    #[service(fault = "greet", effect(read), alternative)]
    async fn pass_on(msg: Greet, deeper: Call<Greet>) -> Result<Greeting, matchbus::Error> {
        Ok(deeper.extend("deep", true).call(msg).await?)
    }
}
