# Three kinds of subnets in each zone: public for the load balancer and the NAT gateways, private for
# the nodes and their pods, and database, which has no way out.

locals {
  # A zone's addresses follow from its letter, so that another zone in the list, or another order, moves no
  # subnet of the others.
  zones = { for zone in var.availability_zones : zone => { a = 0, b = 1, c = 2, d = 3, f = 5 }[trimprefix(zone, "us-east-1")] }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# An interface without a named security group gets this one, and with it nothing.
resource "aws_default_security_group" "this" {
  vpc_id  = aws_vpc.this.id
  ingress = []
  egress  = []

  tags = { Name = "${var.name}-default-unused" }
}

# A zone has an eighth of the addresses for its pods; the public and database subnets are small.
resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 3, each.value)

  tags = {
    Name                              = "${var.name}-private-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 6, 32 + each.value)

  tags = {
    Name                                        = "${var.name}-public-${each.key}"
    "kubernetes.io/role/elb"                    = "1"
    "kubernetes.io/cluster/${var.cluster_name}" = "shared"
  }
}

resource "aws_subnet" "database" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 8, 192 + each.value)

  tags = { Name = "${var.name}-database-${each.key}" }
}
