"""The engine's search beside other libraries', on the same passages, vectors and questions."""
