"""What the command line does: a module a command, a record a service."""
