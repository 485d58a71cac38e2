//! CloudTrail records → observed requests → a mergeable usage table (floor 8).
