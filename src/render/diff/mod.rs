//! What became of access: for people, for programs, and as a comment.

pub mod json;
pub mod markdown;
pub mod text;
mod words;
