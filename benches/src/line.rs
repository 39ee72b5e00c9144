use serde::Serialize;

/// One result: ours beside a peer's.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What was measured, with its unit.
    pub case: String,
    /// What it is compared with.
    pub peer: String,
    /// Our figure.
    pub ours: f64,
    /// The peer's figure; for a plain limit, the limit.
    pub theirs: f64,
    /// Ours divided by theirs: the median of the ratios of single rounds.
    pub ratio: f64,
    /// The largest ratio that is good enough; of a gain, the smallest.
    pub goal: f64,
    /// Whether the ratio is.
    pub met: bool,
}

impl Line {
    /// A line whose ratio was measured round by round.
    pub fn new(case: impl Into<String>, peer: &str, ours: f64, theirs: f64, ratio: f64, goal: f64) -> Self {
        Line { case: case.into(), peer: peer.into(), ours, theirs, ratio, goal, met: ratio <= goal }
    }

    /// As [`new`](Line::new), for a figure of which more is better.
    pub fn at_least(
        case: impl Into<String>,
        peer: &str,
        ours: f64,
        theirs: f64,
        ratio: f64,
        goal: f64,
    ) -> Self {
        Line { met: ratio >= goal, ..Line::new(case, peer, ours, theirs, ratio, goal) }
    }

    /// A line that compares one figure with a limit.
    pub fn limit(case: impl Into<String>, ours: f64, limit: f64) -> Self {
        Line::new(case, "limit", ours, limit, ours / limit, 1.0)
    }
}

/// Prints lines as a table, or as JSON, one a line.
pub fn print(lines: &[Line], json: bool) {
    if json {
        for line in lines {
            println!("{}", serde_json::to_string(line).expect("a line has no maps or odd numbers"));
        }
        return;
    }
    let widest =
        |text: fn(&Line) -> &str| lines.iter().map(|line| text(line).chars().count()).max().unwrap_or(0);
    let (case, peer) = (widest(|l| &l.case), widest(|l| &l.peer));
    println!(
        "{:case$}  {:peer$}  {:>10}  {:>10}  {:>7}  {:>7}",
        "case", "peer", "ours", "theirs", "ratio", "goal"
    );
    for line in lines {
        println!(
            "{:case$}  {:peer$}  {:>10.1}  {:>10.1}  {:>7.3}  {:>7.3}  {}",
            line.case,
            line.peer,
            line.ours,
            line.theirs,
            line.ratio,
            line.goal,
            if line.met { "met" } else { "MISSED" }
        );
    }
}
