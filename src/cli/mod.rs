//! What was typed → settings → one command → an exit code (floor 11).

mod args;
mod catalog;
mod check;
mod config;
mod diff;
mod exit;
mod explain;
mod extract;
mod folder;
mod generate;
mod git;
mod graph;
mod lines;
mod lint;
mod observe;
mod progress;
mod simulate;
mod tell;
mod write;

pub use exit::Exit;

use args::Cli;
use clap::Parser;
use std::process::ExitCode;

/// Runs the program on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own exit codes: 0 for help and version, 2 for usage.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match args::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            tell::line(&format!("error: {error:#}"));
            Exit::Failure.into()
        }
    }
}

/// Somebody closed our standard output (`| head`): a reason to stop, not a
/// failure. Its errors come bare; those of other files name the file first.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let first = error.chain().next();
    first
        .and_then(|first| first.downcast_ref::<std::io::Error>())
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::is_broken_pipe;
    use anyhow::Context;
    use std::io::{Error, ErrorKind};

    #[test]
    fn only_standard_output_may_be_closed() {
        let closed = || Err::<(), _>(Error::from(ErrorKind::BrokenPipe));
        let stdout: anyhow::Result<()> = closed().map_err(anyhow::Error::from);
        assert!(is_broken_pipe(&stdout.unwrap_err()));
        let file = closed().context("cannot write `pipe`");
        assert!(!is_broken_pipe(&file.unwrap_err()));
    }
}
