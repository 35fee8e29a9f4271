# moto has no selections of resources, and forgets tags of recovery points.
resource "aws_backup_selection" "this" {
  count = 0
}
