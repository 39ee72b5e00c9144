//! What would keep a bus from starting, all of it at once.

use super::Builder;
use super::draft::{joined, mounts};
use crate::bus::route::could_answer;
use crate::bus::start_error::StartProblem;
use crate::by_name::ByName;
use crate::handler::Need;
use crate::list::{List, join};
use crate::pattern::Pattern;
use crate::registry::{self, CheckAt, Entry, Info, Kind, Problem, ProblemKind};
use crate::sort::distinct;

impl Builder {
    /// Everything that would keep the bus from starting.
    pub(crate) fn problems(&self) -> Vec<StartProblem> {
        let mut problems = Vec::new();
        self.check_services(&mut problems);
        self.check_crates(&mut problems);
        self.check_states(&mut problems);
        self.check_handlers(&mut problems);
        problems
    }

    fn check_services(&self, problems: &mut Vec<StartProblem>) {
        let Some(only) = &self.only else { return };
        let known = distinct(self.drafts.iter().map(|draft| draft.about.service()));
        let list = join(&known, ", ");
        for name in distinct(only).into_iter().filter(|name| !known.contains(&name.as_str())) {
            problems.push(StartProblem::new(
                "unknown-service",
                format!("there is no service `{name}` in this program; it has: {list}"),
            ));
        }
    }

    fn check_crates(&self, problems: &mut Vec<StartProblem>) {
        if self.handler_crates.is_empty() {
            return;
        }
        let infos = self.drafts.iter().filter_map(|draft| draft.about.info());
        let mut linked: Vec<&str> = infos.map(Info::crate_name).list();
        // The handlers of a crate come one after the other, and a program has thousands.
        linked.dedup();
        let named = self.handler_crates.iter().map(|one| one.split_once('=').unwrap_or((one, one)));
        for (name, _) in named.filter(|(_, library)| !linked.contains(library)) {
            problems.push(StartProblem::new(
                "unlinked-crate",
                format!(
                    "crate `{name}` has handlers, but it is not linked into this program, since nothing of it is used: \
                     add `use {name} as _;` to main.rs, or `allow_unlinked({name})` to `#[matchbus::main]`"
                ),
            ));
        }
    }

    fn check_states(&self, problems: &mut Vec<StartProblem>) {
        let mut missing: ByName<Vec<&str>> = ByName::default();
        for draft in self.drafts.iter().filter(|draft| mounts(self.only.as_ref(), draft)) {
            for need in draft.about.needs() {
                if let Need::State { id, name, optional: false } = need
                    && !self.states.contains_key(id)
                {
                    missing.entry(name().to_owned()).push(draft.about.name());
                }
            }
        }
        for (name, handlers) in missing.into_iter() {
            problems.push(StartProblem::new(
                "missing-state",
                format!(
                    "no state of type `{name}` was given, but `{}` needs it: add `.state(…)` before the start",
                    join(&handlers, "`, `")
                ),
            ));
        }
    }

    /// The conflicts among the handlers. Keys that are joined at start are the same for all of them, so they change
    /// nothing between two handlers.
    fn check_handlers(&self, problems: &mut Vec<StartProblem>) {
        let functions = || self.drafts.iter().filter_map(|draft| Some((draft, draft.about.info()?)));
        self.check_with(problems);
        let found = registry::problems(
            functions().map(|(draft, info)| Entry {
                info,
                patterns: &info.patterns,
                mounted: mounts(self.only.as_ref(), draft),
            }),
            CheckAt::Start,
        );
        let told = found.problems().iter().filter(|problem| match problem.kind() {
            ProblemKind::Unanswered => self.checked && !self.closures_answer(problem),
            ProblemKind::OverridesNothing => self.checked,
            _ => true,
        });
        for problem in told {
            problems.push(StartProblem::new(problem.kind().as_str(), problem.to_string()));
        }
        if found.more() > 0 {
            problems.push(StartProblem::new("more", format!("and {} more", found.more())));
        }
    }

    /// The keys that are joined at start: that they go with each pattern which is mounted, and leave different patterns
    /// different.
    fn check_with(&self, problems: &mut Vec<StartProblem>) {
        let mut problem = |text: String| problems.push(StartProblem::new("with-key", text));
        let names = || self.with.iter().map(|(key, _)| key.as_str());
        let twice = distinct(names().filter(|key| names().filter(|other| other == key).count() > 1));
        if !twice.is_empty() {
            let twice = join(&twice, "`, `");
            return problem(format!("the key `{twice}` is given twice for the start: name each key once"));
        }
        if self.with.is_empty() {
            return;
        }
        // By group and what a pattern became: what it was, and whose.
        let mut seen: ByName<Option<(Pattern, &str)>> = ByName::default();
        let mut all: Vec<AtStart<'_>> = Vec::new();
        for draft in self.drafts.iter().filter(|draft| mounts(self.only.as_ref(), draft)) {
            let name = draft.about.name();
            let group = if draft.kind == Kind::Observer { draft.about.service() } else { "" };
            for own in draft.own_patterns() {
                let (became, _) = match joined(own.clone(), None, &self.with) {
                    Ok(became) => became,
                    Err(cause) => {
                        problem(format!(
                            "the keys given at start do not go with the pattern of `{name}`: {cause}"
                        ));
                        continue;
                    }
                };
                // With the length of the first, no two pairs are one text.
                let key = format!("{} {group}{became}", group.len());
                let rank = draft.about.info().filter(|info| info.ranked).map(|info| info.rank);
                all.push(AtStart { group, name, rank, before: own.len(), pattern: became.clone() });
                match seen.entry(key) {
                    Some((other, whose)) if *other != own && !draft.replaces => problem(format!(
                        "with the keys given at start, `{other}` of `{whose}` and `{own}` of `{name}` are both `{became}`: \
                         mount one of them, or ask for one more key in one"
                    )),
                    Some(_) => {}
                    first => *first = Some((own, name)),
                }
            }
        }
        for (a, b) in new_ties(&all, self.with.len()) {
            let cure = match a.rank {
                None => "write `rank(1)` in the one that is to win, or ask for one more key in it",
                Some(_) => "give the one that is to win a higher `rank(…)`",
            };
            problem(format!(
                "with the keys given at start, a message can match both `{}` of `{}` and `{}` of `{}`, and neither has more \
                 keys any more: {cure}",
                a.pattern, a.name, b.pattern, b.name
            ));
        }
    }

    /// Whether what the handlers of an `Unanswered` problem send is answered by closures, which the check of the
    /// annotated functions does not see.
    fn closures_answer(&self, problem: &Problem) -> bool {
        let infos = self.infos();
        let function = |message| {
            infos.iter().any(|info| info.patterns.iter().any(|pattern| registry::answers(message, pattern)))
        };
        let closure = |message| {
            self.drafts
                .iter()
                .any(|draft| draft.patterns.iter().any(|pattern| could_answer(pattern, message)))
        };
        for info in problem.handlers() {
            for need in info.needs() {
                if let Need::Calls(message) | Need::Emits(message) = need
                    && !(message.external || function(message) || closure(message))
                {
                    return false;
                }
            }
        }
        true
    }
}

/// A pattern with the keys that are given at start.
struct AtStart<'a> {
    group: &'a str,
    name: &'a str,
    /// What `rank(…)` says.
    rank: Option<i32>,
    /// How many keys it had without.
    before: usize,
    pattern: Pattern,
}

/// The pairs of patterns that could not tie and now can: a key that takes the place of a glob is one more in all patterns but
/// that one (rule M5).
fn new_ties<'a>(all: &'a [AtStart<'a>], given: usize) -> Vec<(&'a AtStart<'a>, &'a AtStart<'a>)> {
    let mut ties = Vec::new();
    for narrowed in all.iter().filter(|one| one.pattern.len() < one.before + given) {
        for other in all {
            // Those that are the same now are told of already.
            let differed = narrowed.before > other.before && narrowed.pattern != other.pattern;
            let equal = (narrowed.pattern.len(), narrowed.rank, narrowed.group)
                == (other.pattern.len(), other.rank, other.group);
            if differed && equal && registry::patterns_meet(&narrowed.pattern, &other.pattern) {
                ties.push((narrowed, other));
            }
        }
    }
    ties
}
