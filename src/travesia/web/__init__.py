"""The page in the browser: a server for this machine alone, its typed API, and the built front end."""
