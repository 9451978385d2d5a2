"""Pages: what a command says, in blocks of cells, and one writer for every format."""
