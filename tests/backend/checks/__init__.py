"""The test server's own checks, made through the official client: `python -m unittest discover -s checks -t .`"""
