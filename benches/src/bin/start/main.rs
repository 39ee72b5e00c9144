//! The start of a bus with 10,000 handlers beside walking an inventory into a `HashMap`.
//!
//! `start [--quick] [--json]`. A generated program of ten crates with a thousand `#[service]` functions each measures
//! both, once in each run, as a start is: nothing is warm. Times are processor time of the thread.

use std::io;
use std::process::Command;

use matchbus_benches::scratch::{Scratch, dependency, repeat};
use matchbus_benches::{Line, Options, median, median_ratio, print, range};

const CRATES: usize = 10;
const HANDLERS: usize = 1000;

fn main() -> io::Result<()> {
    let options = Options::from_command_line();
    let rounds = if options.quick { 9 } else { 41 };
    let scratch = Scratch::new("start")?;
    write(&scratch)?;
    scratch.cargo("program", &["build", "--release"])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let first = if round % 2 == 0 { "ours" } else { "theirs" };
        let output = Command::new(scratch.program("program", "release")).arg(first).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures: Vec<f64> = text.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
        let [our, their] = figures[..] else { return Err(io::Error::other(format!("{output:?}"))) };
        ours.push(our / 1000.0);
        theirs.push(their / 1000.0);
    }
    let case = "start with 10,000 handlers (CPU µs)";
    let ratio = median_ratio(&ours, &theirs);
    let line = Line::new(case, "inventory into a HashMap", median(&ours), median(&theirs), ratio, 4.0);
    print(std::slice::from_ref(&line), options.json);
    if !options.json {
        println!("\nratios of single rounds, smallest–largest: {}", range(&ours, &theirs));
    }
    std::process::exit(i32::from(!line.met));
}

fn write(scratch: &Scratch) -> io::Result<()> {
    // The peer's entry and the one message type of all.
    let entry = "
use matchbus::prelude::*;

pub struct Entry { pub keys: &'static [(&'static str, &'static str)], pub id: u32 }
inventory::collect!(Entry);

#[derive(Message, Serialize, Deserialize)]
#[message(role = \"ask\", reply(u32), context(area, cmd))]
pub struct Ask {}
";
    let manifest = format!(
        "[dependencies]\n{}inventory = \"0.3\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        dependency()
    );
    scratch.write("entry", &format!("{manifest}[workspace]\n"), &[("src/lib.rs", entry)])?;
    for part in 0..CRATES {
        let handlers = repeat(part * HANDLERS..(part + 1) * HANDLERS, |n| {
            let area = n % 100;
            format!(
                "#[service(role = \"ask\", area = \"a{area}\", cmd = \"c{n}\")]\nfn h{n}(_: Ask) -> u32 {{ {n} }}\n\
                 inventory::submit! {{ Entry {{ id: {n}, keys: \
                 &[(\"role\", \"ask\"), (\"area\", \"a{area}\"), (\"cmd\", \"c{n}\")] }} }}\n"
            )
        });
        let text = format!(
            "use entry::{{Ask, Entry}};\nuse matchbus::prelude::*;\n\npub fn linked() {{}}\n\n{handlers}"
        );
        let manifest = format!("{manifest}entry = {{ path = \"../entry\" }}\n[workspace]\n");
        scratch.write(&format!("part{part}"), &manifest, &[("src/lib.rs", &text)])?;
    }
    let parts = repeat(0..CRATES, |part| format!("part{part} = {{ path = \"../part{part}\" }}\n"));
    let uses = repeat(0..CRATES, |part| format!("use part{part} as _;\n"));
    let main = format!(
        "{uses}
use std::collections::HashMap;
use std::hint::black_box;

use entry::Entry;
use matchbus::Bus;

fn main() {{
    let ours_first = std::env::args().nth(1).is_some_and(|first| first == \"ours\");
    let (ours, theirs) = if ours_first {{
        let ours = ours();
        (ours, theirs())
    }} else {{
        let theirs = theirs();
        (ours(), theirs)
    }};
    println!(\"{{ours}} {{theirs}}\");
}}

fn ours() -> u64 {{
    let start = thread_ns();
    let bus = Bus::discover().expect(\"the handlers are sound\");
    let end = thread_ns();
    assert_eq!(bus.size(), {all});
    end - start
}}

fn theirs() -> u64 {{
    let start = thread_ns();
    let mut map = HashMap::new();
    for entry in inventory::iter::<Entry> {{
        map.insert(entry.keys, entry.id);
    }}
    let end = thread_ns();
    assert_eq!(black_box(map).len(), {all});
    end - start
}}

fn thread_ns() -> u64 {{
    // The kernel brings the figure up to date when the thread gives way.
    std::thread::yield_now();
    let text = std::fs::read_to_string(\"/proc/thread-self/schedstat\").expect(\"this is Linux\");
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).expect(\"a number\")
}}
",
        all = CRATES * HANDLERS
    );
    let manifest = format!("{manifest}entry = {{ path = \"../entry\" }}\n{parts}[workspace]\n");
    scratch.write("program", &manifest, &[("src/main.rs", &main)])
}
