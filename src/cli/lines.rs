//! Batches: each line of an input is answered on its own, side by side, and
//! the answers are written in the order of the lines.

use super::Exit;
use crate::text::MAX_SOURCE_BYTES;
use anyhow::Context as _;
use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Lines answered side by side before they are written.
const CHUNK_LINES: usize = 1024;

/// Bytes of lines after which a chunk is answered though it is not full.
const CHUNK_BYTES: usize = 8 << 20;

/// A line of the input, or what stands for one that cannot be read.
pub(super) type Line = Result<String, String>;

/// How one kind of batch answers.
pub(super) trait Batch: Sync {
    /// The answer to one line.
    type Answer: Serialize;

    /// Answers a line, and says what that means for the exit code.
    fn answer(&self, line: &Line) -> (Exit, Self::Answer);

    /// The answer to a line on which [`Batch::answer`] panicked: the others
    /// must not suffer.
    fn failed(&self, line: &Line) -> Self::Answer;
}

/// Answers every line of a file, or of standard input for `-`, on standard
/// output.
pub(super) fn answer_all(path: &Path, batch: &impl Batch) -> anyhow::Result<Exit> {
    let out = BufWriter::new(io::stdout().lock());
    if path.as_os_str() == "-" {
        return answer_lines(io::stdin().lock(), out, batch);
    }
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    answer_lines(BufReader::new(file), out, batch)
}

/// Order kept, memory bounded by a chunk of lines.
fn answer_lines(
    mut lines: impl BufRead,
    mut out: impl Write,
    batch: &impl Batch,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Clean;
    loop {
        let (chunk, is_end) = chunk(&mut lines)?;
        let answers: Vec<(Exit, Vec<u8>)> = chunk
            .par_iter()
            .map(|line| answer_line(line, batch))
            .collect::<Result<_, _>>()?;
        for (line_exit, bytes) in answers {
            exit = exit.and(line_exit);
            out.write_all(&bytes)?;
        }
        if is_end {
            out.flush()?;
            return Ok(exit);
        }
    }
}

fn answer_line<B: Batch>(line: &Line, batch: &B) -> serde_json::Result<(Exit, Vec<u8>)> {
    // Nothing is shared between lines that a panic could leave half done.
    let answered = catch_unwind(AssertUnwindSafe(|| batch.answer(line)));
    let (exit, answer) = answered.unwrap_or_else(|_| (Exit::Failure, batch.failed(line)));
    let mut bytes = serde_json::to_vec(&answer)?;
    bytes.push(b'\n');
    Ok((exit, bytes))
}

/// Reads lines until a chunk is full; blank ones are left out.
fn chunk(lines: &mut impl BufRead) -> anyhow::Result<(Vec<Line>, bool)> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while chunk.len() < CHUNK_LINES && bytes < CHUNK_BYTES {
        let mut line = Vec::new();
        let limit = MAX_SOURCE_BYTES as u64 + 1;
        let read = io::Read::take(lines.by_ref(), limit).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok((chunk, true));
        }
        bytes += read;
        if read > MAX_SOURCE_BYTES && !line.ends_with(b"\n") {
            skip_line(lines)?;
            chunk.push(Err(format!("over the limit of {MAX_SOURCE_BYTES} bytes")));
            continue;
        }
        match String::from_utf8(line) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => chunk.push(Ok(text)),
            Err(_) => chunk.push(Err("invalid UTF-8".to_owned())),
        }
    }
    Ok((chunk, false))
}

fn skip_line(lines: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = lines.fill_buf()?;
        let (used, done) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        lines.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// The `id` of a line that could not be answered, where it has one.
pub(super) fn id(line: &Line) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line.as_ref().ok()?).ok()?;
    match line.get("id")? {
        serde_json::Value::String(id) => Some(id.clone()),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Line, answer_lines, id};
    use crate::cli::Exit;

    struct Halves;

    impl Batch for Halves {
        type Answer = String;

        fn answer(&self, line: &Line) -> (Exit, String) {
            let line = line.as_ref().unwrap().trim();
            assert!(line != "7", "cannot be halved");
            (Exit::Clean, line.to_owned())
        }

        fn failed(&self, line: &Line) -> String {
            format!("no {}", line.as_ref().unwrap().trim())
        }
    }

    #[test]
    fn a_panic_is_the_answer_to_its_line_only() {
        let lines: String = (0..3000).map(|number| format!("{number}\n\n")).collect();
        let mut out = Vec::new();
        let exit = answer_lines(lines.as_bytes(), &mut out, &Halves).unwrap();
        assert_eq!(exit, Exit::Failure);
        let expected: String = (0..3000)
            .map(|n| {
                if n == 7 {
                    "\"no 7\"\n".to_owned()
                } else {
                    format!("\"{n}\"\n")
                }
            })
            .collect();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_line_keeps_its_id() {
        let id = |text: &str| id(&Ok(text.to_owned()));
        assert_eq!(id(r#"{"id": "a"}"#).as_deref(), Some("a"));
        assert_eq!(id(r#"{"id": 12}"#).as_deref(), Some("12"));
        assert_eq!(id(r#"{"id": null}"#), None);
        assert_eq!(id("nope"), None);
    }
}
