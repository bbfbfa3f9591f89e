"""A WSGI service that responds with the variables of the request's headers as JSON. It prints its port."""

import json
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


def application(environ, start_response):
    headers = [[name, value] for name, value in environ.items() if name.startswith("HTTP_")]
    body = json.dumps({"headers": headers}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


server = make_server("127.0.0.1", 0, application, handler_class=Handler)
print(server.server_port, flush=True)
server.serve_forever()
