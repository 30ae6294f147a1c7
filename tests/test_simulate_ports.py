import socket

from assist.simulate.ports import free_ports


def test_ports_are_free_and_each_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = free_ports(50)
        assert len(set(found)) == 50
        assert taken.getsockname()[1] not in found
    for port in found:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
