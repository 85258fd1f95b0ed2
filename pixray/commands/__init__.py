"""Commands of the command line, one module each with a `main(argv) -> exit code`."""
