"""As much of Kafka's protocol as making topics takes, for one broker that speaks SASL/PLAIN.

Kafka's own kafka-topics starts a JVM for each topic. The numbers are from the protocol's description
(kafka.apache.org/protocol): the versions are the newest without tagged fields, and every broker from
2.4 on has them.
"""

import socket
import struct

SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA, CREATE_TOPICS = (17, 1), (36, 1), (3, 8), (19, 4)
TOPIC_ALREADY_EXISTS = 36
TIMEOUT = 30


class Refused(Exception):
    """The broker has answered with an error, whose code is the second argument."""


class Reader:
    """The fields of an answer, one after another."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, form):
        (value,) = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self):
        length = self.take("h")
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def many(self, item):
        return [item() for _ in range(self.take("i"))]


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


class Broker:
    """A connection that has logged in."""

    def __init__(self, address, username, password):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), TIMEOUT)
        self.requests = 0
        answer = self.ask(SASL_HANDSHAKE, text("PLAIN"))
        self.check(answer.take("h"), "it does not speak SASL/PLAIN")
        login = f"\0{username}\0{password}".encode()
        answer = self.ask(SASL_AUTHENTICATE, struct.pack(">i", len(login)) + login)
        self.check(answer.take("h"), answer.text())

    @staticmethod
    def check(code, message):
        if code:
            raise Refused(f"{message} (error {code} of Kafka's protocol)", code)

    def ask(self, api, body):
        """Sends a request, and returns its answer without the header."""
        self.requests += 1
        header = struct.pack(">hhi", *api, self.requests) + text("rideshare-kafka-init")
        self.socket.sendall(struct.pack(">i", len(header + body)) + header + body)
        (length,) = struct.unpack(">i", self.receive(4))
        answer = Reader(self.receive(length))
        if answer.take("i") != self.requests:
            raise OSError("the broker has answered another request")
        return answer

    def receive(self, length):
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise OSError("the broker has closed the connection")
            data += part
        return data

    def topics(self):
        """The number of partitions of each topic."""
        # All topics; none is made by asking; no authorised operations.
        answer = self.ask(METADATA, struct.pack(">i???", -1, False, False, False))
        answer.take("i")
        answer.many(lambda: (answer.take("i"), answer.text(), answer.take("i"), answer.text()))
        answer.text(), answer.take("i")

        def numbers():
            return answer.many(lambda: answer.take("i"))

        def partition():
            return [answer.take("h"), answer.take("i"), answer.take("i"), answer.take("i"), numbers(), numbers(), numbers()]

        def topic():
            answer.take("h")
            name, _ = answer.text(), answer.take("?")
            partitions = len(answer.many(partition))
            answer.take("i")
            return name, partitions

        return dict(answer.many(topic))

    def create(self, topics):
        """Makes topics, name to partitions, without replicas. Returns the error's code and text of each."""
        items = b"".join(text(name) + struct.pack(">ihii", count, 1, 0, 0) for name, count in topics.items())
        answer = self.ask(CREATE_TOPICS, struct.pack(">i", len(topics)) + items + struct.pack(">i?", TIMEOUT * 1000, False))
        answer.take("i")
        return {name: (code, why) for name, code, why in answer.many(lambda: (answer.text(), answer.take("h"), answer.text()))}
