"""The ports that test servers get are free for the strictest of them."""

import itertools
import socket

import ports
import pytest


@pytest.fixture
def first(monkeypatch):
    """The port that is looked at first."""
    (port,) = ports.free_ports(1)
    monkeypatch.setattr(ports, "_NEXT", itertools.count(port - ports._FIRST))
    return port


def test_a_used_port_is_not_given(first):
    with socket.create_server(("127.0.0.1", first)):
        assert ports.free_port() != first


def test_nor_one_whose_last_connection_was_just_closed_by_the_server(first):
    address = ("127.0.0.1", first)
    with socket.create_server(address) as server, socket.create_connection(address) as client:
        server.accept()[0].close()
        assert client.recv(1) == b""
    assert ports.free_port() != first


def test_ports_of_one_call_differ():
    assert len(set(ports.free_ports(20))) == 20
