# What a deployment decides.

variable "create" {
  type = bool
}

variable "attach_secrets" {
  type    = bool
  default = false
}

variable "buckets" {
  type    = map(object({ arn = string, write = optional(bool, false) }))
  default = { one = { arn = "arn:aws:s3:::one" }, two = { arn = "arn:aws:s3:::two", write = true } }
}

variable "statements" {
  type = any
}

variable "stage" {
  type    = string
  default = "dev"
  validation {
    condition     = contains(["dev", "prod"], var.stage)
    error_message = "dev or prod"
  }
}

data "aws_iam_policy_document" "this" {
  count = var.create ? 1 : 0

  dynamic "statement" {
    for_each = var.buckets
    content {
      sid       = statement.key
      actions   = statement.value.write ? ["s3:GetObject", "s3:PutObject"] : ["s3:GetObject"]
      resources = ["${statement.value.arn}/*"]
    }
  }

  # Off by default: whoever uses this as a module may switch it on.
  dynamic "statement" {
    for_each = var.attach_secrets ? [1] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.create ? ["x"] : []
    iterator = each_one
    content {
      actions   = ["sqs:SendMessage"]
      resources = compact(["arn:aws:sqs:*:*:${each_one.value}", ""])
    }
  }

  dynamic "statement" {
    for_each = var.statements
    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_policy" "this" {
  count  = var.create ? 1 : 0
  policy = data.aws_iam_policy_document.this[0].json
}

resource "aws_iam_policy" "stage" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for name in ["a", "b"] : "arn:aws:s3:::${name}-${var.stage}/*" if name != "b"]
      },
      {
        Effect   = var.create ? "Allow" : "Deny"
        Action   = "s3:PutObject"
        Resource = var.create ? "arn:aws:s3:::created/*" : "*"
      },
    ]
  })
}

resource "aws_iam_role_policy" "each" {
  for_each = { read = "s3:GetObject", write = "s3:PutObject" }
  role     = "r"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.value, Resource = "arn:aws:s3:::b/${each.key}" }]
  })
}
