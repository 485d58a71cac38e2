//! What `Ref` and `Fn::GetAtt` of a type return, from
//! `action-catalog/templates/references.json`.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What is known of a resource type.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// ARN by attribute, `Ref` too; empty where its form is not known.
    arns: HashMap<String, String>,
    /// The property that names the resource.
    pub(super) name: Option<String>,
}

impl Shape {
    pub(super) fn of(kind: &str) -> Option<&'static Self> {
        static TABLE: OnceLock<HashMap<String, Shape>> = OnceLock::new();
        TABLE.get_or_init(table).get(kind)
    }

    /// The ARN that an attribute gives.
    pub(super) fn arn(&self, attribute: &str) -> Option<&str> {
        self.arns.get(attribute).map(String::as_str)
    }
}

fn table() -> HashMap<String, Shape> {
    let text = include_str!("../../../action-catalog/templates/references.json");
    let rows: HashMap<String, HashMap<String, String>> =
        serde_json::from_str(text).unwrap_or_default();
    rows.into_iter()
        .map(|(kind, mut arns)| {
            let name = arns.remove("name");
            (kind, Shape { arns, name })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let bucket = Shape::of("AWS::S3::Bucket").unwrap();
        assert_eq!(
            bucket.arn("Arn"),
            Some("arn:${Partition}:s3:::${BucketName}")
        );
        assert_eq!(bucket.name.as_deref(), Some("BucketName"));
        assert_eq!(bucket.arn("Ref"), None);
        assert!(Shape::of("AWS::SNS::Topic").unwrap().arn("Ref").is_some());
    }
}
