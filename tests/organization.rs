//! `organization.json`: the levels of an organization.

use super::schema;
use leastwise::policy::PolicyType;
use leastwise::sources::{Form, Inventory, OrganizationFile, ReadOptions, read, read_sources};
use leastwise::text::Source;
use std::path::Path;

const EXAMPLE: &str = "policies/organization/organization.json";

fn read_str(text: &str) -> Inventory {
    read_sources(
        vec![Source::new("organization.json", text)],
        &ReadOptions::default(),
    )
}

#[test]
fn policies_are_read_with_their_type_and_the_levels_they_stand_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let other = path.with_file_name("../valid/identity.json");
    let inventory = read(&[other, path], None, &ReadOptions::default());
    let documents = inventory
        .documents
        .iter()
        .filter(|d| d.form == Form::Organization);
    let told: Vec<(&str, PolicyType)> = documents
        .map(|d| (d.address.as_deref().unwrap(), d.policy_type))
        .collect();
    assert_eq!(
        told,
        [
            ("r-abcd:scp/FullAWSAccess", PolicyType::Scp),
            ("r-abcd:rcp/OwnOrganization", PolicyType::Rcp),
            ("111111111111:scp/FullAWSAccess", PolicyType::Scp),
            ("ou-abcd-11111111:scp/FullAWSAccess", PolicyType::Scp),
            ("ou-abcd-11111111:scp/NoLeaving", PolicyType::Scp),
            ("222222222222:scp/FullAWSAccess", PolicyType::Scp),
            ("ou-abcd-22222222:scp/FullAWSAccess", PolicyType::Scp),
            ("333333333333:scp/OnlyS3", PolicyType::Scp),
        ]
    );
    let [organization] = inventory.organizations.as_slice() else {
        panic!("{:?}", inventory.organizations);
    };
    let levels = organization.levels_of("333333333333").unwrap();
    let path: Vec<(&str, usize)> = levels
        .iter()
        .map(|l| (l.id.as_str(), l.scps.len()))
        .collect();
    assert_eq!(
        path,
        [
            ("r-abcd", 1),
            ("ou-abcd-11111111", 2),
            ("ou-abcd-22222222", 1),
            ("333333333333", 1)
        ]
    );
    // Ids are those of the whole inventory, not of the file.
    let scp = inventory.document(levels[3].scps[0]);
    assert_eq!(scp.address.as_deref(), Some("333333333333:scp/OnlyS3"));
    assert_eq!(
        organization.levels_of("111111111111").map(|l| l.len()),
        Some(0)
    );
    assert_eq!(organization.levels_of("999999999999"), None);
}

#[test]
fn the_example_keeps_to_the_schema() {
    let schema = schema::committed("organization", &schemars::schema_for!(OrganizationFile));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let example = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    schema::check(&schema, &example).unwrap();
}

#[test]
fn what_is_no_policy_is_told_with_its_level() {
    let inventory = read_str(
        r#"{"root": {"id": "r-1", "scps": ["scps/base.json", {"name": "x", "policy": 7}],
            "units": [{"name": "no id"}], "accounts": []}}"#,
    );
    let gaps: Vec<&str> = inventory
        .gaps
        .iter()
        .map(|gap| gap.message.as_str())
        .collect();
    assert_eq!(
        gaps,
        [
            "`scps/base.json` is no policy: put the policy itself in its place",
            "a level without `id` is not read"
        ]
    );
    assert_eq!(
        inventory.organizations[0].levels[0].unread,
        ["scps/base.json"]
    );
    assert_eq!(inventory.coverage().opaque, 1);
}

#[test]
fn nesting_is_bounded() {
    let depth = 60;
    let text = format!(
        r#"{{"root": {}"id": "ou", "scps": []{}}}"#,
        r#"{"units": ["#.repeat(depth) + "{",
        "}".to_owned() + &r#"], "id": "ou", "scps": []}"#.repeat(depth),
    );
    let inventory = read_str(&text);
    assert_eq!(inventory.organizations[0].levels.len(), 17);
    assert_eq!(inventory.gaps.len(), 1);
}

#[test]
fn a_list_of_names_is_no_policy() {
    let inventory = read_str(
        r#"{"Policies": [{"Id": "p-1", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY",
            "AwsManaged": true, "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-1"}]}"#,
    );
    assert_eq!(
        inventory.empty[0].message,
        "no policy is read from a list of names: `aws organizations describe-policy` prints a policy"
    );
}
