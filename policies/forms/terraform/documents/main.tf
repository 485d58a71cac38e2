# How the documents of a data source are put together.

data "aws_iam_policy_document" "first" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "second" {
  policy_id = "second"
  statement {
    sid       = "Write"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "overriding" {
  statement {
    sid       = "Write"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "merged" {
  source_policy_documents = [
    data.aws_iam_policy_document.first.json,
    data.aws_iam_policy_document.second.json,
    jsonencode({ Version = "2008-10-17", Statement = [{ Effect = "Allow", Action = "sts:GetCallerIdentity", Resource = "*" }] }),
  ]
  override_policy_documents = [data.aws_iam_policy_document.overriding.json]

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:aws:s3:::b/*"]
  }
}

resource "aws_iam_policy" "merged" {
  policy = data.aws_iam_policy_document.merged.minified_json
}

data "aws_iam_policy_document" "principals" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["111122223333"]
    }
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["444455556666"]
    }
  }
}

# The same trust for two roles is one document.
resource "aws_iam_role" "a" {
  assume_role_policy = data.aws_iam_policy_document.principals.json
}

resource "aws_iam_role" "b" {
  assume_role_policy = data.aws_iam_policy_document.principals.json
}

data "aws_iam_policy_document" "circle" {
  source_policy_documents = [data.aws_iam_policy_document.circle.json]
}
