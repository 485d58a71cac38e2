//! What linting costs: one small policy, and a large one with wildcards.

use divan::Bencher;
use leastwise::lints::{Options, check};
use leastwise::sources::{ReadOptions, read_sources};
use leastwise::text::Source;

fn main() {
    divan::main();
}

const SMALL: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "Deploy", "Effect": "Allow", "Action": ["iam:PassRole", "ec2:RunInstances"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage"], "Resource": "arn:aws:s3:::b/*"}]}"#;

fn large() -> String {
    let statements: Vec<_> = (0..50)
        .map(|i| {
            format!(
                r#"{{"Sid": "S{i}", "Effect": "{}", "Action": ["ec2:*", "s3:*", "iam:*"], "Resource": "arn:aws:*:*:*:*{i}"}}"#,
                if i % 5 == 0 { "Deny" } else { "Allow" },
            )
        })
        .collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(",")
    )
}

fn lint(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench(|| {
        let sources = vec![Source::new("p.json", text)];
        let inventory = read_sources(sources, &ReadOptions::default());
        check(&inventory, &Options::default()).len()
    });
}

/// Texts that look like one thing for long: twice the size must cost twice the
/// time.
#[divan::bench(consts = [1 << 16, 1 << 17, 1 << 18])]
fn hostile<const SIZE: usize>(bencher: Bencher<'_, '_>) {
    let pieces = [
        "[",
        "{",
        "\"",
        "\\",
        "${",
        "{{",
        "{{{ ",
        "/*",
        "\"\n",
        "\"a\":",
        "1}",
        "{]",
        ",{\"a\":1",
        "${a,'",
    ];
    let texts = pieces.map(|piece| {
        let body = piece.repeat(SIZE / piece.len());
        format!("{{\"Statement\": [{body}")
    });
    bencher.bench(|| {
        let sources = texts.iter().map(|text| Source::new("p.json", text));
        read_sources(sources.collect(), &ReadOptions::default())
            .documents
            .len()
    });
}

#[divan::bench]
fn small(bencher: Bencher<'_, '_>) {
    lint(bencher, SMALL);
}

#[divan::bench]
fn many_wildcards(bencher: Bencher<'_, '_>) {
    lint(bencher, &large());
}
