"""The API of the books: thin operations over the same functions and rows as the pages."""
