"""Every row of a database, taken out and put into another, whichever kind each of them is."""
