"""What a person does in a day, from beginning to end, in the browser."""
