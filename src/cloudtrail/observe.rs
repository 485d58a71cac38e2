//! Trail files → one usage table, on all cores, with bounded memory.

use super::batch::Batch;
use super::correction::Ids;
use super::input::{self, InputFile};
use super::reader::{ReadError, Splitter};
use super::record::{self, Content, Record};
use super::table::{Table, Unreadable};
use super::{Time, table_file};
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Records of one file that are entered at once.
const STRETCH: usize = 1 << 14;
/// Records that may wait for an earlier file to be entered.
const ROOM: usize = 1 << 16;
/// Envelopes within envelopes (a CloudWatch Logs message in an event).
const MAX_WRAPPING: usize = 3;

/// What to take.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObserveOptions {
    /// Only records at or after this moment.
    pub since: Option<Time>,
    /// Only records before this moment.
    pub until: Option<Time>,
}

/// What [`observe`] found.
#[derive(Debug, Default)]
pub struct Observed {
    /// The table; inputs that could not be read are in its `unreadable`.
    pub table: Table,
    /// Files found in folders that hold no records of a trail.
    pub skipped: Vec<PathBuf>,
    /// Records outside the window of time; they are not in `records`.
    pub outside: u64,
}

/// How far reading is: bytes of packed input.
pub trait Progress: Sync {
    /// The whole length, once it is known.
    fn total(&self, bytes: u64);
    /// So many more are read.
    fn read(&self, bytes: u64);
}

/// Shows nothing.
impl Progress for () {
    fn total(&self, _: u64) {}
    fn read(&self, _: u64) {}
}

/// Reads files and folders (C34, C35), and usage tables written before, into
/// one table. What cannot be read is told in the table, never an error. The
/// result does not depend on the number of cores.
#[must_use]
pub fn observe(paths: &[PathBuf], options: ObserveOptions, progress: &dyn Progress) -> Observed {
    let (files, failures) = input::list(paths);
    let size: u64 = files.iter().map(|file| file.size).sum();
    progress.total(size);
    let Pass {
        mut observed,
        trails,
    } = pass(&files, options, progress, Ids::default());
    // What is corrected may have been counted before its correction was met,
    // and cannot be taken out of the rows: read again without it (C38). Pipes
    // are gone; there the table says that its corrections are uncertain.
    let corrected = !observed.table.corrections.is_empty() && trails > 0;
    if corrected && files.iter().all(|file| file.lasting) {
        progress.total(size.saturating_mul(2));
        let known = std::mem::take(&mut observed.table.corrections);
        drop(observed);
        let again = pass(&files, options, progress, Ids::without(&known));
        observed = again.observed;
        for original in known.originals() {
            let corrections = &mut observed.table.corrections;
            corrections.add(Some(original.clone()), again.trails);
        }
    }
    for (path, error) in failures {
        observed.table.unreadable.insert(Unreadable {
            file: path.display().to_string(),
            error: ReadError::from(error).to_string(),
            records_kept: 0,
        });
    }
    observed
}

/// What reading all files once gave.
struct Pass {
    observed: Observed,
    /// Files that are no usage tables.
    trails: u64,
}

/// Reads all files, on all cores.
fn pass(files: &[InputFile], options: ObserveOptions, progress: &dyn Progress, ids: Ids) -> Pass {
    let turns = Turns::of(ids);
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(files.len()) {
            scope.spawn(|| {
                while let Some((number, file)) = take(files, &next) {
                    let mut reading = Reading::new(&turns, number, options);
                    let ended = reading.file(file, progress);
                    reading.finish(&file.path, ended);
                }
            });
        }
    });
    turns.into_pass()
}

fn take<'a>(files: &'a [InputFile], next: &AtomicUsize) -> Option<(usize, &'a InputFile)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    files.get(number).map(|file| (number, file))
}

/// Reads one stream of records, as [`observe`] reads a file. For tests and
/// fuzzing.
#[must_use]
pub fn observe_stream(input: impl Read, name: &str) -> Observed {
    let turns = Turns::default();
    let mut reading = Reading::new(&turns, 0, ObserveOptions::default());
    let ended = reading.stream(input, true);
    reading.finish(Path::new(name), ended);
    turns.into_pass().observed
}

/// How reading a file ended.
enum Ended {
    /// A usage table, merged as it is.
    Table(Box<Table>),
    /// A file in a folder that is no trail.
    Skipped,
    /// A trail, with what was wrong in it.
    Trail { kept: u64, error: Option<String> },
}

impl Ended {
    fn failed(error: &ReadError) -> Self {
        Self::Trail {
            kept: 0,
            error: Some(error.to_string()),
        }
    }
}

enum Taken {
    Record,
    Outside,
    Nothing,
}

struct Reading<'a> {
    turns: &'a Turns,
    number: usize,
    options: ObserveOptions,
    batch: Batch,
    outside: u64,
}

impl<'a> Reading<'a> {
    fn new(turns: &'a Turns, number: usize, options: ObserveOptions) -> Self {
        Self {
            turns,
            number,
            options,
            batch: Batch::default(),
            outside: 0,
        }
    }

    fn finish(self, path: &Path, ended: Ended) {
        let finished = Finished {
            batch: self.batch,
            outside: self.outside,
            path: path.to_path_buf(),
            ended,
        };
        self.turns.finish(self.number, finished);
    }

    fn file(&mut self, file: &InputFile, progress: &dyn Progress) -> Ended {
        let count = |bytes| progress.read(bytes);
        let mut input = match input::open(&file.path, &count) {
            Ok(input) => BufReader::with_capacity(4 << 10, input),
            Err(error) => return Ended::failed(&error),
        };
        if table_file::is_table(&mut input) {
            return match table_file::read(input) {
                Ok(table) => Ended::Table(Box::new(table)),
                Err(error) => Ended::Trail {
                    kept: 0,
                    error: Some(error.to_string()),
                },
            };
        }
        self.stream(input, file.named)
    }

    fn stream(&mut self, input: impl Read, named: bool) -> Ended {
        let mut splitter = Splitter::new(input);
        let (mut kept, mut outside, mut bad) = (0, 0, 0u64);
        let mut first_bad = None;
        let error = loop {
            let piece = match splitter.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            match self.piece(splitter.bytes(&piece)) {
                Taken::Record => kept += 1,
                Taken::Outside => outside += 1,
                Taken::Nothing => {
                    bad += 1;
                    first_bad.get_or_insert_with(|| {
                        record::why_not(splitter.bytes(&piece), piece.offset())
                    });
                    continue;
                }
            }
            splitter.accept();
            if self.batch.len() >= STRETCH {
                self.turns
                    .enter(self.number, std::mem::take(&mut self.batch));
            }
        };
        self.outside += outside;
        let met_records = kept + outside > 0;
        if met_records {
            self.batch.malformed(bad);
        }
        let error = match (error, first_bad) {
            (Some(error), _) => Some(error.to_string()),
            (None, Some(_)) if !met_records && !named => return Ended::Skipped,
            (None, Some(_)) if !met_records => Some(ReadError::NoRecords.to_string()),
            (None, Some(why)) if bad == 1 => Some(format!("one piece is no record: {why}")),
            (None, Some(why)) => Some(format!("{bad} pieces are no records, the first: {why}")),
            (None, None) if splitter.met_nothing() => Some(ReadError::Empty.to_string()),
            (None, None) => None,
        };
        Ended::Trail { kept, error }
    }

    fn piece(&mut self, bytes: &[u8]) -> Taken {
        let mut content = record::read(bytes);
        let mut text;
        for _ in 0..MAX_WRAPPING {
            match content {
                Content::Record(record) => return self.record(&record),
                Content::Wrapped(inner) => {
                    text = inner;
                    content = record::read(text.as_bytes());
                }
                Content::Nothing => break,
            }
        }
        Taken::Nothing
    }

    fn record(&mut self, record: &Record<'_>) -> Taken {
        let time = record.event_time.get().and_then(Time::parse);
        let ObserveOptions { since, until } = self.options;
        self.batch.correction(record);
        // A record that does not say when it happened is in no window.
        let inside = since.is_none_or(|since| time.is_some_and(|time| time >= since))
            && until.is_none_or(|until| time.is_some_and(|time| time < until));
        if !inside {
            return Taken::Outside;
        }
        self.batch.take(record, time);
        Taken::Record
    }
}

/// Enters the batches of many workers in the order of their files, so that the
/// result is that of one worker.
#[derive(Default)]
struct Turns {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// The file whose turn it is.
    next: usize,
    /// Files read before their turn.
    waiting: BTreeMap<usize, Finished>,
    observed: Observed,
    trails: u64,
    ids: Ids,
}

struct Finished {
    batch: Batch,
    outside: u64,
    path: PathBuf,
    ended: Ended,
}

impl Turns {
    fn of(ids: Ids) -> Self {
        Self {
            state: Mutex::new(State {
                ids,
                ..State::default()
            }),
            moved: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.moved
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a stretch of a long file, once it is its turn.
    fn enter(&self, number: usize, batch: Batch) {
        let mut state = self.lock();
        while state.next != number {
            state = self.wait(state);
        }
        let State { observed, ids, .. } = &mut *state;
        batch.enter(&mut observed.table, ids);
    }

    /// Enters a whole file, or the rest of one; before its turn it waits in
    /// line while there is room.
    fn finish(&self, number: usize, finished: Finished) {
        let mut state = self.lock();
        while state.next != number && state.room() < finished.batch.len() {
            state = self.wait(state);
        }
        state.waiting.insert(number, finished);
        loop {
            let next = state.next;
            let Some(finished) = state.waiting.remove(&next) else {
                break;
            };
            state.apply(finished);
            state.next += 1;
        }
        drop(state);
        self.moved.notify_all();
    }

    fn into_pass(self) -> Pass {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        Pass {
            observed: state.observed,
            trails: state.trails,
        }
    }
}

impl State {
    fn room(&self) -> usize {
        let lengths = self.waiting.values().map(|waiting| waiting.batch.len() + 1);
        ROOM.saturating_sub(lengths.sum())
    }

    fn apply(&mut self, finished: Finished) {
        let Finished {
            batch,
            outside,
            path,
            ended,
        } = finished;
        let observed = &mut self.observed;
        observed.outside += outside;
        batch.enter(&mut observed.table, &mut self.ids);
        let (records_kept, error) = match ended {
            Ended::Skipped => return observed.skipped.push(path),
            Ended::Table(table) => return observed.table.merge(*table),
            Ended::Trail { kept, error } => (kept, error),
        };
        observed.table.files += 1;
        self.trails += 1;
        if let Some(error) = error {
            let file = path.display().to_string();
            observed.table.unreadable.insert(Unreadable {
                file,
                error,
                records_kept,
            });
        }
    }
}
