"""What people type: time, its files, invoices. Forms know no rule of the books."""
