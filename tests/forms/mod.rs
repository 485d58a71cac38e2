//! Policies in the forms people keep them in.

mod cloudformation;
mod terraform;
mod sam;
