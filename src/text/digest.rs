//! SHA-256 over parts of text.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The SHA-256 of parts, in hex. They are told apart by their lengths, so that
/// no text can pose as two.
#[must_use]
pub fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
