# One policy in every notation.

resource "aws_s3_bucket" "b" {}

resource "aws_iam_policy" "object" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Own"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.b.arn}/*"
        Condition = {
          StringEquals = { "aws:PrincipalTag/user" = "$${aws:username}" }
        }
      },
    ]
  })
}

resource "aws_iam_policy" "data" {
  policy = data.aws_iam_policy_document.data.json
}

data "aws_iam_policy_document" "data" {
  statement {
    sid       = "Own"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/user"
      values   = ["&{aws:username}"]
    }
  }
}

resource "aws_iam_policy" "heredoc" {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Own",
          "Effect": "Allow",
          "Action": ${jsonencode(local.actions)},
          "Resource": "${aws_s3_bucket.b.arn}/*",
          "Condition": {"StringEquals": {"aws:PrincipalTag/user": "$${aws:username}"}}
        }
      ]
    }
  EOT
}

locals {
  actions = [for verb in ["Get", "Put"] : "s3:${verb}Object"]
  statement = {
    Sid       = "Own"
    Effect    = "Allow"
    Action    = local.actions
    Resource  = format("%s/*", aws_s3_bucket.b.arn)
    Condition = { StringEquals = { "aws:PrincipalTag/user" = "$${aws:username}" } }
  }
}

resource "aws_iam_policy" "local" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.statement] })
}

resource "aws_iam_policy" "quoted" {
  policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Own\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":\"${aws_s3_bucket.b.arn}/*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalTag/user\":\"$${aws:username}\"}}}]}"
}

resource "aws_iam_policy" "template" {
  policy = templatefile("policy.json.tftpl", { arn = aws_s3_bucket.b.arn })
}
