"""Assets, one module per stage. An asset says what its artifact is, gathers its inputs, and calls the stage."""
