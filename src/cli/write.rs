//! Output files: written under a temporary name, then renamed, so that a run
//! that fails or is killed leaves the old file as it was.

use anyhow::Context;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes to standard output for `-`, else to a file.
pub(super) fn write_to(
    out: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    if out == Path::new("-") {
        let mut stdout = BufWriter::new(io::stdout().lock());
        write(&mut stdout)?;
        return Ok(stdout.flush()?);
    }
    let temporary = temporary_name(out);
    let written = write_file(&temporary, write).and_then(|()| fs::rename(&temporary, out));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("cannot write `{}`", out.display()))
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut output = BufWriter::new(File::create(path)?);
    write(&mut output)?;
    output.flush()?;
    output.get_ref().sync_all()
}

/// Beside the file, since only there can it be renamed in one step.
fn temporary_name(out: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(out.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    out.with_file_name(name)
}
