//! Finds the files of a trail (C34) and opens them.

use super::reader::ReadError;
use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Folders of a trail's bucket that hold no records of calls.
const SIBLINGS: [&str; 3] = [
    "CloudTrail-Digest",
    "CloudTrail-Insight",
    "CloudTrail-NetworkActivity",
];
/// How names of files with records end.
const ENDINGS: [&str; 5] = [".json.gz", ".json", ".jsonl", ".ndjson", ".gz"];

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputFile {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    /// Named by the user, not found in a folder.
    pub(super) named: bool,
    /// It can be read a second time: no pipe.
    pub(super) lasting: bool,
}

/// The files below the given paths, in the order of the delivery times in their
/// names, so that copies from two trails meet. Paths that cannot be looked at
/// come back as errors.
pub(super) fn list(paths: &[PathBuf]) -> (Vec<InputFile>, Vec<(PathBuf, io::Error)>) {
    let mut files = Vec::new();
    let mut failures = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => folders.push(path.clone()),
            Ok(about) => files.push(InputFile {
                path: path.clone(),
                size: about.len(),
                named: true,
                lasting: about.is_file(),
            }),
            Err(error) => failures.push((path.clone(), error)),
        }
    }
    while let Some(folder) = folders.pop() {
        if let Err(error) = list_folder(&folder, &mut folders, &mut files) {
            failures.push((folder, error));
        }
    }
    files.sort_by_cached_key(|file| (delivered(&file.path).map(str::to_owned), file.path.clone()));
    files.dedup_by(|a, b| a.path == b.path);
    failures.sort_by(|a, b| a.0.cmp(&b.0));
    (files, failures)
}

fn list_folder(
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    files: &mut Vec<InputFile>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            // Links to folders are not followed: they may lead round.
            if !SIBLINGS.contains(&&*name) && !name.starts_with('.') {
                folders.push(entry.path());
            }
        } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            let path = entry.path();
            let Ok(about) = fs::metadata(&path) else {
                // A link to nowhere is found out when it is opened.
                files.push(InputFile {
                    path,
                    size: 0,
                    named: true,
                    lasting: true,
                });
                continue;
            };
            if about.is_file() {
                files.push(InputFile {
                    path,
                    size: about.len(),
                    named: false,
                    lasting: true,
                });
            }
        }
    }
    Ok(())
}

/// `20231121T1005Z` in a name such as `1_CloudTrail_us-east-1_20231121T1005Z_x.json.gz`.
fn delivered(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let is_time = |part: &&str| {
        part.len() == 14
            && part.bytes().enumerate().all(|(at, byte)| match at {
                8 => byte == b'T',
                13 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            })
    };
    name.split('_').find(is_time)
}

/// A file opened for reading: unpacked, counted as it is read.
pub(super) enum Opened<R: Read> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<R>>),
}

/// Opens a file and tells by its first bytes how it is packed.
pub(super) fn open<'a>(
    path: &Path,
    progress: &'a (dyn Fn(u64) + Sync),
) -> Result<Opened<BufReader<Counted<'a>>>, ReadError> {
    let file = Counted {
        file: File::open(path)?,
        progress,
    };
    let mut input = BufReader::with_capacity(64 << 10, file);
    unpack(&mut input).map(|gzip| match gzip {
        true => Opened::Gzip(Box::new(MultiGzDecoder::new(input))),
        false => Opened::Plain(input),
    })
}

/// Whether it is gzip; other compressions are told, not read.
fn unpack(input: &mut impl io::BufRead) -> Result<bool, ReadError> {
    let start = input.fill_buf()?;
    match start {
        [] => Err(ReadError::Empty),
        [0x1f, 0x8b, ..] => Ok(true),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(ReadError::Packed("zstd")),
        [b'B', b'Z', b'h', ..] => Err(ReadError::Packed("bzip2")),
        [0xfd, b'7', b'z', b'X', ..] => Err(ReadError::Packed("xz")),
        [b'P', b'K', 3, 4, ..] => Err(ReadError::Packed("zip")),
        [b'P', b'A', b'R', b'1', ..] => Err(ReadError::Packed("Parquet")),
        _ => Ok(false),
    }
}

impl<R: io::BufRead> Read for Opened<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(space),
            Self::Gzip(input) => input.read(space),
        }
    }
}

/// A file that tells how many bytes were read of it.
pub(super) struct Counted<'a> {
    file: File,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Read for Counted<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(space)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_times() {
        let name = "x/111122223333_CloudTrail_us-east-1_20231121T1005Z_AbC.json.gz";
        assert_eq!(delivered(Path::new(name)), Some("20231121T1005Z"));
        assert_eq!(delivered(Path::new("records.json")), None);
    }
}
