//! Observed use + old policy → one minimal role per workload (floor 9).
