//! One policy in every form: pairwise proved equivalent, for every value of
//! what a deployment fills in.

use leastwise::policy::PolicyType;
use leastwise::semantics::compare::{Options, Reach, Relation, Stack, compare};
use leastwise::sources::{Document, Inventory, ReadOptions, read_sources};
use leastwise::text::Source;

const JSON: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
    "Resource": "arn:⟨partition⟩:sqs:⟨region⟩:⟨account⟩:orders"}]}"#;

const YAML: &str = "
Version: 2012-10-17
Statement:
  Effect: Allow
  Action: [sqs:GetQueueUrl, sqs:SendMessage]
  Resource: arn:⟨partition⟩:sqs:⟨region⟩:⟨account⟩:orders
";

const SUB: &str = "
Resources:
  Send:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: [sqs:SendMessage, sqs:GetQueueUrl]
            Resource: !Sub arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders
";

const GET_ATT: &str = r#"{"Resources": {
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}},
    "Send": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {
        "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}}}}}}"#;

const JOIN: &str = r#"{"Resources": {
    "Send": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {
        "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
        "Resource": {"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, "sqs",
            {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, "orders"]]}}}}}}}"#;

const TEXT: &str = r#"
Resources:
  Send:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: !Sub |
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
         "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
         "Resource": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders"}}
"#;

const SAM: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Version: 2012-10-17
          Statement:
            - Effect: Allow
              Action: [sqs:SendMessage, sqs:GetQueueUrl]
              Resource: !Sub arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders
";

const DATA: &str = r#"
resource "aws_sqs_queue" "orders" { name = "orders" }
data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage", "sqs:GetQueueUrl"]
    resources = [aws_sqs_queue.orders.arn]
  }
}
resource "aws_iam_policy" "send" { policy = data.aws_iam_policy_document.send.json }
"#;

const JSONENCODE: &str = r#"
data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}
resource "aws_iam_policy" "send" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:SendMessage", "sqs:GetQueueUrl"]
      Resource = "arn:${data.aws_partition.this.partition}:sqs:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:orders"
    }]
  })
}
"#;

const HEREDOC: &str = r#"
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_iam_policy" "send" {
  policy = <<-EOF
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
     "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
     "Resource": "${aws_sqs_queue.orders.arn}"}}
  EOF
}
"#;

const FORMS: &[(&str, &str)] = &[
    ("policy.json", JSON),
    ("policy.yaml", YAML),
    ("sub.yaml", SUB),
    ("get-att.json", GET_ATT),
    ("join.json", JOIN),
    ("text.yaml", TEXT),
    ("sam.yaml", SAM),
    ("data.tf", DATA),
    ("jsonencode.tf", JSONENCODE),
    ("heredoc.tf", HEREDOC),
];

fn read(name: &str, text: &str) -> Inventory {
    read_sources(vec![Source::new(name, text)], &ReadOptions::default())
}

fn document(inventory: &Inventory) -> &Document {
    let mut found = inventory.documents.iter().filter(|document| {
        let policy = document.policy.as_ref();
        document.policy_type == PolicyType::Identity
            && policy.is_some_and(|p| p.texts().any(|text| text == "sqs:SendMessage"))
    });
    found.next().unwrap()
}

#[test]
fn one_policy_is_the_same_in_every_form() {
    let read: Vec<(&str, Inventory)> = FORMS
        .iter()
        .map(|(name, text)| (*name, read(name, text)))
        .collect();
    for (old_name, old) in &read {
        for (new_name, new) in &read {
            let (old, new) = (document(old), document(new));
            let options = Options::default().with_symbols(old.symbols.iter().chain(&new.symbols));
            let found = compare(
                &Stack::of(PolicyType::Identity, old.policy.as_ref().unwrap()),
                &Stack::of(PolicyType::Identity, new.policy.as_ref().unwrap()),
                &options,
            );
            assert_eq!(
                (found.relation(), found.rests.reach),
                (Relation::Equivalent, Reach::Every),
                "{old_name} {new_name}: {:?}\n{:?}",
                old.policy,
                new.policy
            );
            assert!(found.rests.otherwise.is_empty(), "{old_name} {new_name}");
        }
    }
}

/// The same, and one action more in one of them: the forms are compared, not
/// passed over.
#[test]
fn another_form_with_more_is_wider() {
    let old = read("data.tf", DATA);
    let more = SUB.replace("sqs:GetQueueUrl]", "sqs:GetQueueUrl, sqs:PurgeQueue]");
    let new = read("sub.yaml", &more);
    let (old, new) = (document(&old), document(&new));
    let options = Options::default().with_symbols(old.symbols.iter().chain(&new.symbols));
    let found = compare(
        &Stack::of(PolicyType::Identity, old.policy.as_ref().unwrap()),
        &Stack::of(PolicyType::Identity, new.policy.as_ref().unwrap()),
        &options,
    );
    assert_eq!(found.relation(), Relation::Wider);
}
