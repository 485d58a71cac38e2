//! Text with places in it: spans, source files, diagnostics (floor 1).

mod diagnostic;
mod source;
mod span;

pub use diagnostic::{Diagnostic, Label, Risk, Severity};
pub use source::{MAX_SOURCE_BYTES, Position, Source, SourceError};
pub use span::{Span, Spanned};
