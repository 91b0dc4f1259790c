"""What is handed out of a run: tables, workbooks, maps and arrays, each with where it came from and how to treat it."""
