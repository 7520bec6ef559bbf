"""`sms`: the old service's command-line application. It stands for itself and on the standard library alone:
it is a customer's program, which reaches the gateway as any other does, and it is to start quickly."""
