//! Compares consecutive versions of policies, one line of `diff --batch` each,
//! on one thread; `benches/managed-versions.sh` feeds it the AWS managed
//! policies.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use leastwise::semantics::compare::Options;
use leastwise::semantics::compare::batch::{Answer, answer};
use std::collections::BTreeMap;
use std::io::BufRead;

fn main() {
    let Some(path) = std::env::var_os("LEASTWISE_PAIRS") else {
        println!("LEASTWISE_PAIRS names no file: nothing to measure");
        return;
    };
    let options = Options::default();
    let mut relations: BTreeMap<String, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut micros = Vec::new();
    let mut slow = Vec::new();
    let lines: Vec<String> = std::io::BufReader::new(std::fs::File::open(path).unwrap())
        .lines()
        .map(Result::unwrap)
        .collect();
    let verbose = std::env::var_os("LEASTWISE_VERBOSE").is_some();
    for line in &lines {
        match answer(line, &options) {
            Answer::Result(answered) => {
                let relation = format!("{:?}", answered.relation).to_lowercase();
                if relation == "unknown" {
                    for reason in &answered.reasons {
                        let kind = reason.split(':').next().unwrap();
                        *reasons.entry(kind.to_owned()).or_default() += 1;
                    }
                    if verbose {
                        println!("unknown {:?} {:?}", answered.id, answered.reasons);
                    }
                }
                *relations.entry(relation).or_default() += 1;
                micros.push(answered.micros);
                slow.push((answered.micros, answered.id));
            }
            Answer::Error(refused) => {
                println!("{:?}: {}", refused.id, refused.error.message);
                *relations.entry("error".to_owned()).or_default() += 1;
            }
        }
    }
    micros.sort_unstable();
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    println!("pairs {}", lines.len());
    println!(
        "micros p50 {} p90 {} p99 {} max {}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    println!("relations {relations:?}");
    println!("unknown by reason {reasons:?}");
    slow.sort_unstable_by(|a, b| b.cmp(a));
    println!("slowest {:?}", &slow[..slow.len().min(5)]);
}
