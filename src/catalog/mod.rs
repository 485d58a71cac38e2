//! What AWS defines: actions, resource types, condition keys, quotas (floor 4).
