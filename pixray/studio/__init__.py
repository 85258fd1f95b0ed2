"""The studio's page: what a browser is given. The server behind it is `pixray.serve`."""
