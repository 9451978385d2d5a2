"""Reports as text: terminal, JSON, CSV, Markdown, LaTeX, HTML; one table of cells, written by each in its way."""
