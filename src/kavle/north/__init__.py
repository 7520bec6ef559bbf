"""Who asks us: the HTTP server, the SMS interface by URL and by SOAP, and log-in."""
