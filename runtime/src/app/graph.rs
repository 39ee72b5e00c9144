use std::fmt::Write as _;

use super::print;
use crate::bus::Builder;
use crate::message::Result;
use crate::registry::{Catalogue, Handler};

/// How the graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Mermaid,
    Dot,
}

/// Shows who sends what to whom, as the signatures declare it.
pub(super) fn graph(builder: &Builder, format: Format) -> Result<()> {
    let catalogue = Catalogue::of(builder.infos());
    print(&match format {
        Format::Mermaid => mermaid(&catalogue),
        Format::Dot => dot(&catalogue),
    })
}

/// One line from a handler to another, or to a name that stands for whoever answers outside.
struct Edge {
    from: usize,
    to: Result<usize, String>,
    label: String,
    line: Line,
}

/// What a line stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Calls,
    Emits,
    /// Hands on by `Prior`.
    Prior,
}

fn edges(catalogue: &Catalogue) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, handler) in catalogue.handlers.iter().enumerate() {
        if let Some(prior) = &handler.prior {
            let is_it = |to: &&Handler| to.id() == prior.handler && to.pattern == prior.pattern;
            if let Some(to) = catalogue.handlers.iter().position(|to| is_it(&to)) {
                edges.push(Edge { from, to: Ok(to), label: "Prior".into(), line: Line::Prior });
            }
        }
        for output in &handler.outputs {
            let line = if output.how == "calls" { Line::Calls } else { Line::Emits };
            let label = output.message.clone();
            let mut any = false;
            for pattern in &output.answered_by {
                for (to, _) in catalogue.handlers.iter().enumerate().filter(|(_, h)| h.id() == *pattern) {
                    any = true;
                    edges.push(Edge { from, to: Ok(to), label: label.clone(), line });
                }
            }
            if !any {
                edges.push(Edge { from, to: Err(output.pattern.clone()), label, line });
            }
        }
    }
    edges
}

fn services(catalogue: &Catalogue) -> Vec<(&str, Vec<(usize, &Handler)>)> {
    let mut services: Vec<(&str, Vec<(usize, &Handler)>)> = Vec::new();
    for (index, handler) in catalogue.handlers.iter().enumerate() {
        match services.last_mut() {
            Some((service, handlers)) if *service == handler.service => handlers.push((index, handler)),
            _ => services.push((&handler.service, vec![(index, handler)])),
        }
    }
    services
}

/// Text between quotes in Mermaid, which reads HTML and, after a backtick, Markdown there: what means something to it is
/// written by number (<https://mermaid.js.org/syntax/flowchart.html#special-characters-that-break-syntax>).
fn mermaid_text(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        match c {
            '#' | '"' | '<' | '>' | '&' | '`' | '\\' => quoted += &format!("#{};", u32::from(c)),
            '\n' => quoted += "<br/>",
            c => quoted.push(c),
        }
    }
    quoted
}

/// Text between quotes in DOT.
fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn mermaid(catalogue: &Catalogue) -> String {
    let quote = mermaid_text;
    let mut text =
        String::from("%% For a block ```mermaid in Markdown, or https://mermaid.live\nflowchart LR\n");
    for (number, (service, handlers)) in services(catalogue).into_iter().enumerate() {
        let _ = writeln!(text, "  subgraph s{number}[\"{}\"]", quote(service));
        for (index, handler) in handlers {
            let (open, close) = if handler.kind == "observer" { ("([", "])") } else { ("[", "]") };
            let label = format!("{}<br/>{}", quote(&handler.handler), quote(&handler.pattern));
            let _ = writeln!(text, "    h{index}{open}\"{label}\"{close}");
        }
        text += "  end\n";
    }
    let mut outside: Vec<String> = Vec::new();
    for edge in edges(catalogue) {
        let to = match edge.to {
            Ok(index) => format!("h{index}"),
            Err(pattern) => {
                let index = outside.iter().position(|known| *known == pattern).unwrap_or_else(|| {
                    let _ = writeln!(text, "  x{}{{{{\"{}\"}}}}", outside.len(), quote(&pattern));
                    outside.push(pattern);
                    outside.len() - 1
                });
                format!("x{index}")
            }
        };
        let arrow = match edge.line {
            Line::Calls => "-->",
            Line::Emits => "-.->",
            Line::Prior => "==>",
        };
        let _ = writeln!(text, "  h{} {arrow}|\"{}\"| {to}", edge.from, quote(&edge.label));
    }
    text
}

fn dot(catalogue: &Catalogue) -> String {
    let quote = dot_text;
    let mut text =
        String::from("// dot -Tsvg > graph.svg\ndigraph matchbus {\n  rankdir=LR;\n  node [shape=box];\n");
    for (number, (service, handlers)) in services(catalogue).into_iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label=\"{}\";", quote(service));
        for (index, handler) in handlers {
            let shape = if handler.kind == "observer" { " shape=ellipse" } else { "" };
            let label = format!("{}\\n{}", quote(&handler.handler), quote(&handler.pattern));
            let _ = writeln!(text, "    h{index} [label=\"{label}\"{shape}];");
        }
        text += "  }\n";
    }
    for edge in edges(catalogue) {
        let to = match edge.to {
            Ok(index) => format!("h{index}"),
            Err(pattern) => format!("\"{}\"", quote(&pattern)),
        };
        let style = match edge.line {
            Line::Calls => "",
            Line::Emits => " style=dashed",
            Line::Prior => " style=bold",
        };
        let _ = writeln!(text, "  h{} -> {to} [label=\"{}\"{style}];", edge.from, quote(&edge.label));
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Output;

    #[test]
    fn what_means_something_to_a_drawing_program_is_only_text() {
        let odd = "a\"b#c<d>|[e]`f\\g\nend";
        let mut handler =
            Handler { service: odd.into(), handler: odd.into(), pattern: odd.into(), ..Handler::default() };
        let output =
            Output { how: "calls".into(), message: odd.into(), pattern: odd.into(), ..Output::default() };
        handler.outputs.push(output);
        let catalogue = Catalogue { version: 1, handlers: vec![handler] };
        let text = "a#34;b#35;c#60;d#62;|[e]#96;f#92;g<br/>end";
        let lines = [
            format!("  subgraph s0[\"{text}\"]"),
            format!("    h0[\"{text}<br/>{text}\"]"),
            "  end".into(),
            format!("  x0{{{{\"{text}\"}}}}"),
            format!("  h0 -->|\"{text}\"| x0"),
        ];
        assert_eq!(mermaid(&catalogue).lines().skip(2).collect::<Vec<_>>(), lines);
        let text = r#"a\"b#c<d>|[e]`f\\g\nend"#;
        assert!(
            dot(&catalogue).contains(&format!("h0 -> \"{text}\" [label=\"{text}\"];")),
            "{}",
            dot(&catalogue)
        );
    }
}
