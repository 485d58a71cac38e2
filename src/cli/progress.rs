//! The progress bar: on a terminal only, on standard error.

use super::args::Global;
use crate::cloudtrail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar over bytes of input; hidden where nobody looks or nobody wants it.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(global: &Global) -> Self {
        let bar = ProgressBar::new(0);
        let shown = std::io::stderr().is_terminal() && !global.no_progress && !global.quiet;
        if shown {
            let style = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bar)
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl cloudtrail::Progress for Bar {
    fn total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn read(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
