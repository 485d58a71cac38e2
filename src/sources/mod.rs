//! Where policies live → `Inventory` (floor 6).
