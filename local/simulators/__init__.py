"""Stand-ins for the outside services the platform talks to, for use on one machine without a network."""
