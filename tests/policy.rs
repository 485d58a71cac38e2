//! The notation and the language of policies: fixtures, laws, hostile input.

mod corpus;
mod fixtures;
mod generate;
mod laws;
