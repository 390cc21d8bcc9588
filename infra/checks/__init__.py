"""What can be said of the templates without AWS: the rules of cdk-nag, and whether each role may do what it must."""
