//! One file, one lint (floor 8).
