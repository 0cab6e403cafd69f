"""Mails: what buyers and those who are given a gift card are told of their money by e-mail, once for each event."""
