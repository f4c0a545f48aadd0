"""Random worlds that look for anything said to somebody who may not read it."""
