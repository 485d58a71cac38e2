variable "name" {
  type = string
}

variable "sender" {
  type    = string
  default = null
}

resource "aws_sqs_queue" "this" {
  name = var.name
}

resource "aws_sqs_queue_policy" "this" {
  count     = var.sender == null ? 0 : 1
  queue_url = aws_sqs_queue.this.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.sender }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.this.arn
    }]
  })
}

output "arn" {
  value = aws_sqs_queue.this.arn
}
