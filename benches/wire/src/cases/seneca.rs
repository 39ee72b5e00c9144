//! Beside npm's Seneca, over the same protocol.

use matchbus_benches::{Line, median, median_ratio};

use super::{Effort, Load};
use crate::drive::Contender;
use crate::message::Add;
use crate::ours::Calls;
use crate::peers::seneca::Seneca;
use crate::process::Server;

pub(crate) async fn run(effort: Effort) -> Vec<Line> {
    let mut seneca = Seneca::start().unwrap_or_else(|why| {
        eprintln!("the peer `seneca` cannot take part: {why}\nleave it out with `--without seneca`");
        std::process::exit(1);
    });
    let server = Server::start("tcp");
    let url = format!("tcp://127.0.0.1:{}", server.port);
    let mut lines = Vec::new();
    for in_flight in [1, 64, 512] {
        let load = Load { in_flight, bytes: 150 };
        let ours = Contender::new(&server, in_flight, Calls::of(&url, Add::of(load.bytes)).await);
        ours.run(effort.slice).await;
        // Seneca compiles itself while it runs.
        seneca.run(in_flight, effort.slice * 4);
        let (mut our_rates, mut our_costs, mut rates, mut costs) = (vec![], vec![], vec![], vec![]);
        for _ in 0..effort.rounds {
            let slice = ours.run(effort.slice).await;
            our_rates.push(slice.rate / 1e3);
            our_costs.push(slice.cpu_us);
            let (rate, cost) = seneca.run(in_flight, effort.slice);
            rates.push(rate / 1e3);
            costs.push(cost);
        }
        let case = load.name("TCP", "CPU µs");
        let ratio = median_ratio(&our_costs, &costs);
        lines.push(Line::new(case, "Seneca", median(&our_costs), median(&costs), ratio, 0.1));
        let case = load.name("TCP", "k calls/s");
        let ratio = median_ratio(&our_rates, &rates);
        lines.push(Line::at_least(case, "Seneca", median(&our_rates), median(&rates), ratio, 0.0));
    }
    lines
}
