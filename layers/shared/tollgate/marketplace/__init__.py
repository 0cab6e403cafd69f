"""The marketplace: tickets that are resold, at prices that venues allow, with royalties for those who made them."""
