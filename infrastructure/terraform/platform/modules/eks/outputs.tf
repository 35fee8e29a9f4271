output "cluster_name" {
  description = "The cluster's name."
  value       = aws_eks_cluster.this.name
}

output "cluster_endpoint" {
  description = "The address of the cluster's API."
  value       = aws_eks_cluster.this.endpoint
}

output "node_security_group_id" {
  description = "The group of the nodes and their pods."
  value       = aws_security_group.nodes.id
}
