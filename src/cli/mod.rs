//! What was typed → settings → one command → an exit code (floor 11).

mod args;
mod catalog;
mod exit;
mod explain;
mod folder;
mod generate;
mod graph;
mod lint;
mod observe;
mod progress;
mod simulate;
mod write;

pub use exit::Exit;

use args::Cli;
use clap::Parser;
use std::io::Write;
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
            report(&error);
            Exit::Failure.into()
        }
    }
}

/// Somebody closed our output (`| head`): a reason to stop, not a failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[allow(clippy::print_stderr)] // the one place where a failure is told
fn report(error: &anyhow::Error) {
    tell(&format!("error: {error:#}"));
}

/// A line on standard error, without what could steer a terminal. That nobody
/// reads it is no reason to fail.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", crate::render::clean(line));
}
