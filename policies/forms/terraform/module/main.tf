module "jobs" {
  source = "./queue"
  name   = "jobs"
  sender = aws_iam_role.sender.arn
}

module "logs" {
  for_each = toset(["a", "b"])
  source   = "./queue"
  name     = "logs-${each.key}"
}

module "fetched" {
  source = "terraform-aws-modules/sqs/aws"
}

resource "aws_iam_role" "sender" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "sender" {
  role = aws_iam_role.sender.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = concat([module.jobs.arn, module.fetched.queue_arn], values(module.logs)[*].arn)
    }]
  })
}
