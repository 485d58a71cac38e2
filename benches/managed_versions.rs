//! Compares consecutive versions of policies, one line of `diff --batch` each,
//! on one thread; `benches/managed-versions.sh` feeds it the AWS managed
//! policies.
//!
//! `LEASTWISE_PAIRS` names the lines; `LEASTWISE_ANSWERS` a file for the
//! answers. With `LEASTWISE_VERBOSE` every undecided pair is listed too.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use leastwise::semantics::compare::batch::{Answer, answer};
use leastwise::semantics::compare::{Options, Relation};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};

/// Slowest pairs shown.
const SLOWEST: usize = 5;

/// What the answers came to.
#[derive(Default)]
struct Tally {
    pairs: usize,
    unreadable: usize,
    relations: BTreeMap<Relation, usize>,
    /// Undecided pairs by the kinds of their reasons.
    reasons: BTreeMap<String, usize>,
    /// Decided pairs by the kinds of their notes.
    notes: BTreeMap<String, usize>,
    times: Vec<(u64, String)>,
}

impl Tally {
    fn add(&mut self, answer: Answer, verbose: bool) {
        self.pairs += 1;
        match answer {
            Answer::Result(answered) => {
                let id = answered.id.unwrap_or_default();
                *self.relations.entry(answered.relation).or_default() += 1;
                // A pair counts once a kind, however many keys it names.
                let kinds = answered.reasons.iter().map(|reason| kind(reason));
                let kinds: BTreeSet<String> = kinds.collect();
                let undecided = answered.relation == Relation::Unknown;
                if undecided && verbose {
                    println!("undecided: {id} {:?}", answered.reasons);
                }
                for kind in kinds {
                    let tally = if undecided {
                        &mut self.reasons
                    } else {
                        &mut self.notes
                    };
                    *tally.entry(kind).or_default() += 1;
                }
                self.times.push((answered.micros, id));
            }
            Answer::Error(refused) => {
                self.unreadable += 1;
                let id = refused.id.unwrap_or_default();
                println!("unreadable: {id} {}", refused.error.message);
            }
        }
    }

    fn print(mut self) {
        let undecided = self.relations.get(&Relation::Unknown).copied();
        let undecided = undecided.unwrap_or_default() + self.unreadable;
        let decided = self.pairs - undecided;
        let share = decided as f64 * 100.0 / self.pairs as f64;
        println!("{:<28} {:>8}", "pairs", self.pairs);
        println!("{:<28} {decided:>8}  {share:.2} %", "decided");
        for (relation, count) in &self.relations {
            let name = format!("{relation:?}").to_lowercase();
            println!("  {name:<26} {count:>8}");
        }
        if self.unreadable > 0 {
            println!("  {:<26} {:>8}", "unreadable", self.unreadable);
        }
        for (title, tally) in [
            ("undecided, by reason", &self.reasons),
            ("decided, by note", &self.notes),
        ] {
            if !tally.is_empty() {
                println!("{title}");
            }
            for (kind, count) in tally {
                println!("  {kind:<26} {count:>8}");
            }
        }
        self.times.sort_unstable_by(|a, b| b.cmp(a));
        let last = self.times.len().saturating_sub(1);
        let at = |share: f64| self.times[last - (last as f64 * share) as usize].0;
        println!("milliseconds a pair, both directions");
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)] {
            println!("  {name:<26} {:>8.2}", at(share) as f64 / 1e3);
        }
        let total: u64 = self.times.iter().map(|(micros, _)| micros).sum();
        println!("  {:<26} {:>8.0}", "total", total as f64 / 1e3);
        println!("slowest, in milliseconds");
        for (micros, id) in self.times.iter().take(SLOWEST) {
            println!("  {:>8.0}  {id}", *micros as f64 / 1e3);
        }
    }
}

/// `setting:resource-colons` is told apart, `policy-variable:aws:username` is
/// one of its kind.
fn kind(reason: &str) -> String {
    match reason.split_once(':') {
        Some(("setting", _)) | None => reason.to_owned(),
        Some((kind, _)) => kind.to_owned(),
    }
}

fn main() {
    let Some(path) = std::env::var_os("LEASTWISE_PAIRS") else {
        println!("LEASTWISE_PAIRS names no file: nothing to measure");
        return;
    };
    let verbose = std::env::var_os("LEASTWISE_VERBOSE").is_some();
    let options = Options::default();
    let mut tally = Tally::default();
    // One line at a time, so that the memory is the comparison's.
    let file = std::fs::File::open(path).unwrap();
    let answers = std::env::var_os("LEASTWISE_ANSWERS");
    let mut answers = answers.map(|path| std::fs::File::create(path).unwrap());
    for line in std::io::BufReader::new(file).lines() {
        let answer = answer(&line.unwrap(), &options);
        if let Some(answers) = &mut answers {
            writeln!(answers, "{}", serde_json::to_string(&answer).unwrap()).unwrap();
        }
        tally.add(answer, verbose);
    }
    if tally.times.is_empty() {
        println!("no pair to measure");
    } else {
        tally.print();
    }
}
