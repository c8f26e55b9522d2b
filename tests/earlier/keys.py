"""What is secret in the dumps, and is nobody's."""

import base64

#: encrypts what is encrypted in them
KEY = base64.urlsafe_b64encode(b"not a secret, but for dumps only").decode()
#: opens the sandbox
TOKEN = "tok-earlier-0123456789"
