locals {
  a = [1, 2
}

resource "aws_iam_policy" "unescaped" {
  policy = <<EOT
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"}
  ]
}
EOT
}

resource "aws_iam_policy" "unclosed" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }
}

resource "aws_iam_policy" "comma" {
  policy = <<EOT
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow" "Action": "s3:GetObject", "Resource": "*"}
  ]
}
EOT
}
