resource "aws_iam_policy" "file" {
  policy = file("${path.module}/read.json")
}

resource "aws_iam_policy" "template" {
  policy = templatefile("${path.module}/write.json.tftpl", {
    bucket = aws_s3_bucket.b.arn
    keys   = ["a", "b"]
  })
}

resource "aws_iam_policy" "absent" {
  policy = file("absent.json")
}

resource "aws_s3_bucket" "b" {}

locals {
  kept = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "*" }]
  })
}
