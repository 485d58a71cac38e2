//! Findings, graphs and reports as text, JSON, SARIF, DOT (floor 10).

pub mod simulation;
