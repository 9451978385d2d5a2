"""What every command says: a module for each makes its page, and knows no format."""
