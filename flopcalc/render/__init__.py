"""Reports as text: terminal, JSON, CSV, Markdown, LaTeX, HTML."""
