//! What the catalog costs: start-up (budget 1 ms), one service (0.1 ms), and
//! expanding patterns. `cargo bench --bench catalog`.

use divan::{Bencher, black_box};
use leastwise::catalog::{self, Catalog};

fn main() {
    divan::main();
}

/// Opening the index: what every run pays.
#[divan::bench]
fn start_up() -> Catalog {
    Catalog::embedded()
}

/// Decoding one service on first use.
#[divan::bench(args = ["ec2", "s3", "sqs"])]
fn one_service(bencher: Bencher, prefix: &str) {
    bencher
        .with_inputs(Catalog::embedded)
        .bench_refs(|catalog| {
            catalog
                .service(prefix)
                .map(|service| service.actions().len())
        });
}

/// Everything, on first use.
#[divan::bench]
fn all_services(bencher: Bencher) {
    bencher
        .with_inputs(Catalog::embedded)
        .bench_refs(|catalog| catalog.expand("*").len());
}

/// Expanding over services that are decoded.
#[divan::bench(args = ["s3:GetObject", "s3:Get*", "ec2:*Instance*", "*:Tag*", "*"])]
fn expand(bencher: Bencher, pattern: &str) {
    let catalog = catalog::get();
    black_box(catalog.expand("*"));
    bencher.bench(|| catalog.expand(black_box(pattern)).len());
}

/// Why a misspelt name is unknown: the dearest lookup.
#[divan::bench]
fn why_missing(bencher: Bencher) {
    let catalog = catalog::get();
    black_box(catalog.why_missing("ec2:RunInstnces"));
    bencher.bench(|| catalog.why_missing(black_box("ec2:RunInstnces")));
}

/// The operation behind an event.
#[divan::bench]
fn operation(bencher: Bencher) {
    let catalog = catalog::get();
    let (source, event) = ("lambda.amazonaws.com", "GetFunction20150331v2");
    black_box(catalog.operation(source, event));
    bencher.bench(|| black_box(catalog.operation(black_box(source), black_box(event))));
}
