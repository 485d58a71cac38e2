//! Output files: written under a temporary name, then renamed, so that a run
//! that fails or is killed leaves the old file as it was. Only regular files are
//! replaced: a device or a pipe is written to, a link keeps pointing.

use anyhow::Context;
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
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
    replace(out, write).with_context(|| format!("cannot write `{}`", out.display()))
}

/// A value as JSON that people can read too.
pub(super) fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn replace(out: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let known = fs::metadata(out).ok();
    if known.as_ref().is_some_and(|known| !known.is_file()) {
        // Renaming onto `/dev/null` would put a file in the device's place.
        let mut output = BufWriter::new(OpenOptions::new().write(true).open(out)?);
        write(&mut output)?;
        return output.flush();
    }
    let target = match known {
        Some(_) => fs::canonicalize(out)?,
        None => out.to_owned(),
    };
    let temporary = temporary_name(&target);
    let written = write_file(&temporary, write).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
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

#[cfg(all(test, unix))]
mod tests {
    use super::write_to;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;
    use std::thread;

    #[test]
    fn a_link_keeps_pointing_and_a_pipe_stays_a_pipe() {
        let folder = std::env::temp_dir().join(format!("leastwise-write-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (file, link, pipe) = (folder.join("f"), folder.join("l"), folder.join("p"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write_to(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");

        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write_to(&pipe, |out| out.write_all(b"through")).unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        fs::remove_dir_all(&folder).unwrap();
    }
}
