//! The simulator: one concrete request against one set of policies.
