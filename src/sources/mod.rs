//! Where policies live → `Inventory` (floor 6).

mod coverage;
mod entity;
mod inventory;

pub use coverage::Coverage;
pub use entity::{Boundary, Effective, Entity, EntityKind};
pub use inventory::{
    Completeness, Document, DocumentId, EntityId, Failure, Form, Host, Inventory, SourceId,
};
