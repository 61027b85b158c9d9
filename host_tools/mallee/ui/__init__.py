"""What people look at: tables and pictures made from documents. No I/O with controllers and no decisions belong
here."""
