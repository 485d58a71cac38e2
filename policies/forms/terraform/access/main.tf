# One policy in each of the three notations, and what a module of an
# application usually looks like.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

variable "environment" {
  type    = string
  default = "test"
}

variable "reader_arns" {
  type = list(string)
}

locals {
  name    = "orders-${var.environment}"
  actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
}

resource "aws_s3_bucket" "data" {
  bucket = "${local.name}-data"
}

resource "aws_sqs_queue" "work" {
  name_prefix = "work-"
}

resource "aws_kms_key" "data" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Administration"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_iam_role" "worker" {
  name = "${local.name}-worker"

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": { "Service": "ec2.amazonaws.com" },
          "Action": "sts:AssumeRole"
        }
      ]
    }
  EOT

  inline_policy {
    name = "queue"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = {
        Effect   = "Allow"
        Action   = local.actions
        Resource = aws_sqs_queue.work.arn
      }
    })
  }
}

resource "aws_iam_role_policy" "worker" {
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "Own"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.data.arn}/&{aws:username}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["orders"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["billing"]
    }
  }

  statement {
    effect        = "Deny"
    not_actions   = ["s3:GetObject"]
    not_resources = ["arn:aws:s3:::$${aws:PrincipalTag/bucket}/*"]
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = <<EOT
{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": ${jsonencode(var.reader_arns)}},
    "Action": "s3:GetObject",
    "Resource": "${aws_s3_bucket.data.arn}/*"
  }]
}
EOT
}

resource "aws_lambda_permission" "events" {
  statement_id  = "Events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:aws:events:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:rule/*"
}

resource "aws_lambda_function" "worker" {
  function_name = "worker"
}

# No policy of access, although they are called so.
resource "aws_sqs_queue" "dead" {
  redrive_allow_policy = jsonencode({ redrivePermission = "allowAll" })
}

resource "aws_iam_policy" "given" {
  policy = var.policy
}

variable "policy" {
  type = string
}
