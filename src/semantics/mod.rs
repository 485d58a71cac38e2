//! What a policy means (floor 5).

pub mod evaluate;
