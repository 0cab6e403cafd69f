"""What stands where a provider would, for payments of which nothing is left to take: gift cards and credit paid all."""
