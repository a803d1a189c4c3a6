"""Local servers that speak each vendor's documented API, for the demo and the tests."""
