//! Text with places in it: spans, source files, diagnostics (floor 1).

mod diagnostic;
mod digest;
mod source;
mod span;

pub use diagnostic::{Diagnostic, Label, Risk, Severity};
pub use digest::digest;
pub use source::{MAX_SOURCE_BYTES, Position, Source, SourceError};
pub use span::{Span, Spanned};
