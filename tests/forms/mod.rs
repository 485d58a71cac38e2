//! Policies in the forms people keep them in.

mod cloudformation;
mod sam;
mod same;
mod terraform;
